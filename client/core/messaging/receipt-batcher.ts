import { CONTENT_LIMITS } from '@sotto/protocol/content';
import type { AccountId } from '@sotto/protocol/ids';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { ReceiptRepository } from '../storage/receipt-repository.js';
import type { Outbox } from './outbox.js';

/**
 * The first receipt leaves at once, what follows within this time leaves together: receipts for each message on its own
 * would tell the network when somebody reads, and cost as much as the messages.
 */
const RECEIPT_INTERVAL_MS = 3_000;

interface ReceiptBatcherParts {
  readonly database: ProfileDatabase;
  readonly receipts: ReceiptRepository;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: CoreLog;
}

/** Turns the receipts that are owed into contents on their way out. */
export class ReceiptBatcher {
  readonly #parts: ReceiptBatcherParts;
  #cancelTimer: (() => void) | undefined;
  #isOwing = false;

  constructor(parts: ReceiptBatcherParts) {
    this.#parts = parts;
  }

  /** Called after receipts have come to be owed, and at the start. */
  poke(): void {
    if (this.#cancelTimer !== undefined) {
      this.#isOwing = true;
      return;
    }
    if (!this.#flush()) return;
    this.#cancelTimer = this.#parts.clock.after(RECEIPT_INTERVAL_MS, () => {
      this.#cancelTimer = undefined;
      if (!this.#isOwing) return;
      this.#isOwing = false;
      this.poke();
    });
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Returns whether there was anything to send. */
  #flush(): boolean {
    const { database, receipts, log } = this.#parts;
    try {
      const owed = receipts.owedChats();
      for (const chatId of owed) {
        database.atomically(() => {
          this.#enqueueAll(chatId, 'delivered');
          this.#enqueueAll(chatId, 'read');
        });
      }
      return owed.length > 0;
    } catch {
      // They stay owed: the next receipt, or the next start, takes them along.
      log('failed', { code: 'receipts' });
      return false;
    }
  }

  #enqueueAll(chatId: AccountId, state: 'delivered' | 'read'): void {
    const { receipts, outbox } = this.#parts;
    for (;;) {
      const messageIds = receipts.take(chatId, state, CONTENT_LIMITS.receiptMessageIds);
      if (messageIds.length > 0) outbox.enqueueReceipt(chatId, state, messageIds);
      if (messageIds.length < CONTENT_LIMITS.receiptMessageIds) return;
    }
  }
}
