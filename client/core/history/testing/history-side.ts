import { createHash, randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreEvent } from '@sotto/client/bridge';
import { systemRandom } from '@sotto/crypto';
import { idBytes, type AccountId } from '@sotto/protocol/ids';
import { ManualClock } from '../../net/testing/manual-clock.js';
import { ProfileDatabase } from '../../storage/database.js';
import { HistoryImportRepository } from '../../storage/history-repository.js';
import { temporaryFolder } from '../../testing/temporary-profile.js';
import { until } from '../../testing/until.js';
import { History } from '../history.js';
import { HistoryOffers } from '../history-imports.js';
import type { ArchiveShelf } from './archive-shelf.js';

/** One in 200 is of a kind that this version does not know, as long as what names an attachment: place, key, digest, preview. */
const NEWER_EVERY = 200;
const NEWER_BYTES = 1_500;

/** The full count takes its time. */
const DEADLINE_MS = 300_000;

const KEY = new Uint8Array(32).fill(7);

/** One device's database with the history of its account, without the rest of the core. */
export class HistorySide {
  readonly events: CoreEvent[] = [];
  /** Called at each event, in the middle of the work. */
  onEvent: () => void = () => undefined;
  readonly failures: string[] = [];
  readonly clock = new ManualClock();
  readonly database: ProfileDatabase;
  readonly history: History;
  readonly offers: HistoryOffers;

  constructor(
    readonly self: AccountId,
    shelf: ArchiveShelf,
    readonly folder = temporaryFolder(),
  ) {
    this.database = ProfileDatabase.open(join(folder, 'sotto.db'), KEY);
    this.offers = new HistoryOffers(new HistoryImportRepository(this.database), this.clock);
    this.history = new History({
      self,
      database: this.database,
      devices: { observeHead: () => 'ok' } as never,
      api: shelf.api,
      random: systemRandom,
      clock: this.clock,
      log: (event, fields) => {
        if (event === 'failed') this.failures.push(fields?.code ?? '');
      },
      emit: (event) => {
        this.events.push(event);
        this.onEvent();
      },
      onChange: () => undefined,
    });
  }

  addChat(chatId: AccountId, username: string): void {
    this.database.run(
      `INSERT INTO chat (chat_id, username, standing, created_at, active_at, draft, contact_set_at)
       VALUES (?, ?, 'accepted', 1, 1, 'half a', 5)`,
      [idBytes(chatId), username],
    );
  }

  /** `count` messages, every second one own, in every state; a few are of a newer kind. */
  addMessages(chatId: AccountId, count: number, length: number): void {
    const states = { own: ['sent', 'delivered', 'read'], received: ['seen', 'unread'] } as const;
    this.database.atomically(() => {
      for (let index = 0; index < count; index += 1) {
        const own = index % 2 === 0;
        const isNewer = index % NEWER_EVERY === 0;
        const state = own ? states.own[index % 3] : states.received[index % 2];
        this.database.run(
          `INSERT INTO message (chat_id, message_id, sender, own, text, encoded, sent_at, ordered_at, sequence, state)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          [
            idBytes(chatId),
            new Uint8Array(randomBytes(16)),
            idBytes(own ? this.self : chatId),
            own ? 1 : 0,
            isNewer ? null : randomBytes(length / 2).toString('hex'),
            isNewer ? new Uint8Array(randomBytes(NEWER_BYTES)) : null,
            1_000 + index,
            1_000 + Math.floor(index / 3),
            index,
            state ?? 'sent',
          ],
        );
      }
    });
  }

  get messageCount(): number {
    return Number(this.database.get('SELECT count(*) AS count FROM message')?.['count']);
  }

  /** Over everything of every message and chat that a person could see. */
  get digest(): string {
    const hash = createHash('sha256');
    const queries = [
      `SELECT hex(message_id) AS a, hex(sender) AS b, hex(chat_id) AS c, own, text, hex(encoded) AS d, sent_at, ordered_at,
              sequence, state
       FROM message ORDER BY message_id, sender`,
      'SELECT hex(chat_id) AS a, username, standing, draft, created_at, unread FROM chat ORDER BY chat_id',
    ];
    for (const query of queries) for (const row of this.database.all(query)) hash.update(JSON.stringify(row));
    return hash.digest('hex');
  }

  /** The disk as it is at this very moment, as after `kill -9`. */
  copyDisk(): string {
    const copy = temporaryFolder();
    cpSync(this.folder, copy, { recursive: true });
    return copy;
  }

  /** Lets timers run until something is so. */
  async until(look: () => boolean): Promise<void> {
    await until(() => {
      if (this.failures.length > 0) throw new Error(`failed: ${this.failures.join()}`);
      this.clock.advance(60_000);
      return look();
    }, DEADLINE_MS);
  }

  async stop(): Promise<void> {
    await this.history.stop();
    this.database.close();
  }
}
