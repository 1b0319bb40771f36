import { decodeKeptContent, type SyncKind, type UnknownSync } from '@sotto/protocol/content';
import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import { later } from '../net/clock.js';
import type { AccountStateRepository } from '../storage/account-state-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { SyncHandlers, SyncOf } from './sync-handlers.js';

/** A device whose clock is further ahead than this does not get the last word for as long. */
const AHEAD_MOST_MS = 24 * 3_600_000;

const timely = <Sync extends SyncKind>(sync: Sync, serverTime: UnixMs): Sync =>
  'setAt' in sync && sync.setAt > serverTime + AHEAD_MOST_MS
    ? { ...sync, setAt: later(serverTime, AHEAD_MOST_MS) }
    : sync;

/** Obeys the other devices of the account. The sender has been verified as one of them. */
export class SyncReceiver {
  readonly #handlers: SyncHandlers;
  readonly #state: AccountStateRepository;

  constructor(handlers: SyncHandlers, state: AccountStateRepository) {
    this.#handlers = handlers;
    this.#state = state;
  }

  /** Part of the transaction that opens the envelope. Returns the chats whose messages have changed. */
  receive(sync: SyncKind, serverTime: UnixMs): readonly AccountId[] {
    return this.#handle(timely(sync, serverTime), serverTime);
  }

  /** A later version will know what it says. */
  keep({ encoded }: UnknownSync, serverTime: UnixMs): void {
    this.#state.keepSync(encoded, serverTime);
  }

  /** Obeys what an earlier version could not read and this one can. */
  reveal(database: Pick<ProfileDatabase, 'atomically'>, summarise: (chatId: AccountId) => void): void {
    for (const { id, encoded, serverTime } of this.#state.keptSyncs()) {
      const content = decodeKeptContent(encoded);
      if (typeof content === 'string' || content.body.kind !== 'sync') continue;
      const { sync } = content.body;
      database.atomically(() => {
        for (const chatId of this.receive(sync, serverTime)) summarise(chatId);
        this.#state.removeKeptSync(id);
      });
    }
  }

  #handle<Kind extends SyncKind['kind']>(sync: SyncOf<Kind>, serverTime: UnixMs): readonly AccountId[] {
    return this.#handlers[sync.kind](sync, serverTime);
  }
}
