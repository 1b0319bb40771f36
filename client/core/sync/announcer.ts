import type { SyncKind } from '@sotto/protocol/content';
import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Outbox } from '../messaging/outbox.js';
import { later, type Clock } from '../net/clock.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import { contactStateOf, draftOf } from './chat-sync.js';

/** What is typed without a pause is told together. */
const DRAFT_PAUSE_MS = 3_000;

/** Kinds whose present state stands in the storage record as well. */
const SLOW: ReadonlySet<SyncKind['kind']> = new Set(['contact', 'setting', 'deviceName', 'draft']);

interface AnnouncerParts {
  readonly database: ProfileDatabase;
  readonly chats: ChatRepository;
  readonly outbox: Pick<Outbox, 'tell' | 'tellRead'>;
  readonly clock: Clock;
  readonly serverTime: Pick<Clock, 'now'>;
}

/** Tells the other devices of the account what the person has done on this one. Each call is part of a transaction. */
export class Announcer {
  readonly #parts: AnnouncerParts;
  readonly #drafts = new Map<AccountId, () => void>();
  #onSlowChange: () => void = () => undefined;

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  /** Sets what is called, in the transaction, when something changes that stands in the storage record. */
  onSlowChange(changed: () => void): void {
    this.#onSlowChange = changed;
  }

  /** The time of a setting that replaces one of `previous`, whatever the clocks say. */
  timeAfter(previous: UnixMs): UnixMs {
    const now = this.#parts.serverTime.now();
    return now > previous ? now : later(previous, 1);
  }

  tell(sync: SyncKind): void {
    this.#parts.outbox.tell(sync);
    if (SLOW.has(sync.kind)) this.#onSlowChange();
  }

  /** How the account stands to a person has changed. */
  contact(chatId: AccountId): void {
    const chat = this.#parts.chats.find(chatId);
    if (chat !== undefined) this.tell({ kind: 'contact', ...contactStateOf(chat) });
  }

  read(chatId: AccountId, messageIds: Parameters<Outbox['tellRead']>[1]): void {
    this.#parts.outbox.tellRead(chatId, messageIds);
  }

  /** A draft has changed; it is told once the person pauses, or at once when it is gone. */
  draft(chatId: AccountId): void {
    const { clock, chats } = this.#parts;
    this.#drafts.get(chatId)?.();
    if (chats.find(chatId)?.draft === '') this.#tellDraft(chatId);
    else
      this.#drafts.set(
        chatId,
        clock.after(DRAFT_PAUSE_MS, () => this.#tellDraft(chatId)),
      );
  }

  /** Tells what is still waiting for a pause. */
  stop(): void {
    for (const [chatId, cancel] of this.#drafts) {
      cancel();
      this.#tellDraft(chatId);
    }
  }

  #tellDraft(chatId: AccountId): void {
    const { database, chats } = this.#parts;
    this.#drafts.delete(chatId);
    const chat = chats.find(chatId);
    if (chat !== undefined) database.atomically(() => this.tell({ kind: 'draft', ...draftOf(chat) }));
  }
}
