import type { ArchivedState } from '@sotto/protocol/content';
import type { AccountId } from '@sotto/protocol/ids';
import type { ChangeFeed } from '../chats/change-feed.js';
import type { ArchivableMessage, ArchiveRepository } from '../storage/archive-repository.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { ForeseenRepository } from '../storage/foreseen-repository.js';
import type { MessageRepository } from '../storage/message-repository.js';
import type { EntryKind, EntryOf, EntryOrigin, WrittenEntry } from './entry-kind.js';

interface MessageEntriesParts {
  readonly self: AccountId;
  readonly archive: ArchiveRepository;
  readonly chats: ChatRepository;
  readonly messages: MessageRepository;
  readonly foreseen: ForeseenRepository;
  readonly feed: ChangeFeed;
}

const RECEIVED: ReadonlySet<ArchivedState> = new Set<ArchivedState>(['unread', 'seen']);

/** In the order of a message's life; what is own and what is received never meet. */
const LIFE: readonly ArchivedState[] = ['waiting', 'failed', 'sent', 'delivered', 'read', 'unread', 'seen'];

const laterOf = (archived: ArchivedState, known: ArchivedState | undefined): ArchivedState =>
  known !== undefined && LIFE.indexOf(known) > LIFE.indexOf(archived) ? known : archived;

const UNUSABLE: WrittenEntry = { outcome: 'unusable' };

const entryOf = (message: ArchivableMessage): EntryOf<'message'> => {
  const { row: _, body, ...rest } = message;
  return { kind: 'message', ...rest, body: body.kind === 'text' ? body : { kind: 'newer', encoded: body.encoded } };
};

const parsePlace = (place: string) => {
  const [orderedAt, row] = place.split('.').map(Number);
  if (!Number.isSafeInteger(orderedAt) || !Number.isSafeInteger(row)) throw new Error('a stored place is damaged');
  return { orderedAt: Number(orderedAt), row: Number(row) };
};

/** Messages, newest first over all chats. */
export class MessageEntries implements EntryKind<'message'> {
  readonly #parts: MessageEntriesParts;

  constructor(parts: MessageEntriesParts) {
    this.#parts = parts;
  }

  count({ newestMessage }: { readonly newestMessage: number }): number {
    return this.#parts.archive.countMessages(newestMessage);
  }

  read({ newestMessage }: { readonly newestMessage: number }, after: string | undefined, limit: number) {
    const before = after === undefined ? undefined : parsePlace(after);
    return this.#parts.archive
      .messages(newestMessage, before, limit)
      .map((message) => ({ entry: entryOf(message), place: `${message.orderedAt}.${message.row}` }));
  }

  write(entry: EntryOf<'message'>, origin: EntryOrigin): WrittenEntry {
    const { self, archive, chats, foreseen, feed } = this.#parts;
    const { chatId, sender, messageId, sentAt, orderedAt, sequence, body } = entry;
    const own = sender === self;
    if ((!own && sender !== chatId) || RECEIVED.has(entry.state) === own || !chats.has(chatId)) return UNUSABLE;
    const known = foreseen.take({ sender, messageId });
    if (known === 'deleted') return { outcome: 'known' };
    const message = {
      ...{ chatId, sender, own, sentAt },
      body: body.kind === 'text' ? body : { kind: 'unknown' as const, encoded: body.encoded },
      place: { orderedAt, sequence, messageId },
    };
    const row = archive.insert(message, laterOf(standingOf(entry.state, origin), known));
    if (row === undefined) return this.#bringForward(entry);
    feed.note(chatId, [row]);
    return { outcome: 'added', chatId };
  }

  /** States only move on: what is known here may be newer than the archive. */
  #bringForward({ chatId, messageId, state }: EntryOf<'message'>): WrittenEntry {
    const { archive, messages, feed } = this.#parts;
    const row =
      state === 'delivered' || state === 'read'
        ? messages.advance(chatId, messageId, state)
        : state === 'seen'
          ? archive.markSeen(chatId, messageId)
          : undefined;
    if (row === undefined) return { outcome: 'known' };
    feed.note(chatId, [row]);
    return { outcome: 'known', chatId };
  }
}

/**
 * A message that waits is being sent by the device that gave the archive. The one that wrote a backup may be gone: there the person
 * is told, and sending again does no harm, since the other side knows the message by its id.
 */
const standingOf = (state: ArchivedState, origin: EntryOrigin): ArchivedState => {
  if (state !== 'waiting') return state;
  return origin === 'link' ? 'sent' : 'failed';
};
