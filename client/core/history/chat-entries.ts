import { parseAccountId, parseUnixMs } from '@sotto/protocol/ids';
import type { ChangeFeed } from '../chats/change-feed.js';
import type { ArchiveRepository } from '../storage/archive-repository.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { ArchiveSnapshot, EntryKind, EntryOf, WrittenEntry } from './entry-kind.js';

interface ChatEntriesParts {
  readonly archive: ArchiveRepository;
  readonly chats: ChatRepository;
  readonly feed: ChangeFeed;
}

/** Chats, and what has been typed in them. */
export class ChatEntries implements EntryKind<'chat'> {
  readonly #parts: ChatEntriesParts;

  constructor(parts: ChatEntriesParts) {
    this.#parts = parts;
  }

  count(): number {
    return this.#parts.archive.countChats();
  }

  read(_: ArchiveSnapshot, after: string | undefined, limit: number) {
    return this.#parts.archive.chats(parseAccountId(after), limit).map((chat) => ({
      entry: { kind: 'chat' as const, ...chat },
      place: chat.chatId,
    }));
  }

  /** A stranger until the entry of the contact says more. */
  write({ chatId, username, createdAt, draft }: EntryOf<'chat'>): WrittenEntry {
    const { chats, feed } = this.#parts;
    if (chats.has(chatId)) return { outcome: 'known' };
    chats.add({ chatId, username, standing: 'request', createdAt });
    // A draft of an archive is older than any that own devices tell of.
    const never = parseUnixMs(0);
    if (draft !== '' && never !== undefined) chats.saveDraft(chatId, draft, never);
    feed.note(chatId);
    return { outcome: 'added' };
  }
}
