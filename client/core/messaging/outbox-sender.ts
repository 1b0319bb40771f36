import type { AccountId } from '@sotto/protocol/ids';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { Connection } from '../net/types.js';
import type { OutboxRepository } from '../storage/outbox-repository.js';
import type { LineEnd, OutboxLine } from './outbox-line.js';

/** Chats that are worked on at once. */
const LINES_MOST = 8;
const RETRY_FIRST_MS = 1_000;
const RETRY_MOST_MS = 60_000;

interface OutboxSenderParts {
  readonly jobs: OutboxRepository;
  readonly line: OutboxLine;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly log: CoreLog;
}

/** Works the outbox off while the connection is up: several chats at once, each in its own order. */
export class OutboxSender {
  readonly #parts: OutboxSenderParts;
  /** Chats that want work, in the order in which they asked. */
  readonly #waiting = new Set<AccountId>();
  readonly #working = new Map<AccountId, Promise<void>>();
  /** Chats that wait for a while; the value takes the timer back. */
  readonly #held = new Map<AccountId, () => void>();
  readonly #failures = new Map<AccountId, number>();
  /** Counts the connections: what held a chat on an earlier one says nothing about this one. */
  #connections = 0;
  #unsubscribe: (() => void) | undefined;

  constructor(parts: OutboxSenderParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#unsubscribe = this.#parts.connection.onState(({ state }) => {
      if (state === 'online') this.#wakeAll();
    });
    if (this.#isOnline) this.#wakeAll();
  }

  /** Resolves once no work is under way any more. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#waiting.clear();
    for (const cancel of this.#held.values()) cancel();
    this.#held.clear();
    await Promise.all(this.#working.values());
  }

  /** Something has been put in line in this chat. A chat that is held stays held. */
  wake(chatId: AccountId): void {
    if (this.#held.has(chatId)) return;
    this.#waiting.add(chatId);
    this.#fill();
  }

  get #isOnline(): boolean {
    return this.#parts.connection.state.state === 'online';
  }

  /** A new connection may end whatever held a chat. */
  #wakeAll(): void {
    this.#connections += 1;
    for (const cancel of this.#held.values()) cancel();
    this.#held.clear();
    this.#failures.clear();
    for (const chatId of this.#parts.jobs.waitingChats()) this.#waiting.add(chatId);
    this.#fill();
  }

  #fill(): void {
    if (this.#unsubscribe === undefined || !this.#isOnline) return;
    for (const chatId of this.#waiting) {
      if (this.#working.size >= LINES_MOST) return;
      if (this.#working.has(chatId)) continue;
      this.#waiting.delete(chatId);
      this.#working.set(chatId, this.#work(chatId));
    }
  }

  async #work(chatId: AccountId): Promise<void> {
    const connection = this.#connections;
    const end = await this.#parts.line.run(chatId).catch((): LineEnd => {
      // Storage that does not work, or a fault of ours: what waits is on disk and waits on.
      this.#parts.log('failed', { code: 'outbox' });
      return { end: 'held', code: 'failed', retryAfterMs: undefined };
    });
    this.#working.delete(chatId);
    if (end.end === 'empty') this.#failures.delete(chatId);
    else if (connection === this.#connections) this.#hold(chatId, end);
    else this.#waiting.add(chatId);
    this.#fill();
  }

  #hold(chatId: AccountId, { code, retryAfterMs }: LineEnd & { readonly end: 'held' }): void {
    const { clock, log } = this.#parts;
    log('outbox.held', { code });
    // Without a connection there is nothing to count: the next one wakes everything.
    if (this.#unsubscribe === undefined || !this.#isOnline) return;
    const failures = (this.#failures.get(chatId) ?? 0) + 1;
    this.#failures.set(chatId, failures);
    this.#waiting.delete(chatId);
    const backoffMs = Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_MOST_MS);
    const cancel = clock.after(retryAfterMs ?? backoffMs, () => {
      this.#held.delete(chatId);
      this.wake(chatId);
    });
    this.#held.set(chatId, cancel);
  }
}
