import type { ArchiveEntry, UnknownEntry } from '@sotto/protocol/content';
import type { AccountId } from '@sotto/protocol/ids';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { EntryOrigin, WrittenEntry } from './entry-kind.js';
import type { EntrySource } from './entry-source.js';

/** Entries in one transaction: enough that a commit costs little, few enough that nobody waits for it. */
const BATCH = 300;

export interface WrittenCounts {
  readonly added: number;
  readonly known: number;
  /** Chats among them, new or not. */
  readonly chats: number;
}

interface WriteControl {
  readonly isStopped: () => boolean;
  /** Part of the transaction with the last entries. */
  readonly last: () => void;
}

interface EntryWriterParts {
  readonly database: ProfileDatabase;
  readonly source: EntrySource;
  readonly chats: ChatRepository;
}

type ReadEntry = ArchiveEntry | UnknownEntry | undefined;

/** Writes entries of an archive down, in transactions with pauses in between. */
export class EntryWriter {
  readonly #parts: EntryWriterParts;

  constructor(parts: EntryWriterParts) {
    this.#parts = parts;
  }

  /** `undefined`: stopped before the end. What cannot be read or is of a later version is passed over. */
  async write(
    entries: readonly ReadEntry[],
    origin: EntryOrigin,
    { isStopped, last }: WriteControl,
  ): Promise<WrittenCounts | undefined> {
    const outcomes: WrittenEntry['outcome'][] = [];
    for (let at = 0; at === 0 || at < entries.length; at += BATCH) {
      if (isStopped()) return undefined;
      const isLast = at + BATCH >= entries.length;
      this.#parts.database.atomically(() => {
        outcomes.push(...this.#writeBatch(entries.slice(at, at + BATCH), origin));
        if (isLast) last();
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
    const count = (outcome: WrittenEntry['outcome']) => outcomes.filter((one) => one === outcome).length;
    const chats = entries.filter((entry) => entry?.kind === 'chat').length;
    return { added: count('added'), known: count('known'), chats };
  }

  #writeBatch(entries: readonly ReadEntry[], origin: EntryOrigin): WrittenEntry['outcome'][] {
    const changed = new Set<AccountId>();
    const outcomes: WrittenEntry['outcome'][] = [];
    for (const entry of entries) {
      if (entry === undefined || entry.kind === 'unknown') continue;
      const { outcome, chatId } = this.#parts.source.write(entry, origin);
      outcomes.push(outcome);
      if (chatId !== undefined) changed.add(chatId);
    }
    for (const chatId of changed) this.#parts.chats.summarise(chatId);
    return outcomes;
  }
}
