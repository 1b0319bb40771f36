import type { ChangeFeed } from '../chats/change-feed.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { MessageRepository } from '../storage/message-repository.js';
import type { OutboxRepository } from '../storage/outbox-repository.js';
import type { OutboxJob } from './outbox-job.js';
import type { Outbox } from './outbox.js';

/** What the server has accepted is recorded together, and shown no later than this. */
const RECORD_AFTER_MS = 200;

interface AcceptedJobsParts {
  readonly database: ProfileDatabase;
  readonly messages: MessageRepository;
  readonly jobs: OutboxRepository;
  readonly outbox: Pick<Outbox, 'tellSent'>;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly log: CoreLog;
}

/**
 * Gathers what the server has accepted in one chat and takes it out of the outbox in few commits. A crash before the commit does no harm:
 * the same envelopes are sent again, and the server knows them.
 */
export class AcceptedJobs {
  readonly #parts: AcceptedJobsParts;
  #gathered: OutboxJob[] = [];
  #since = 0;

  constructor(parts: AcceptedJobsParts) {
    this.#parts = parts;
  }

  add(job: OutboxJob): void {
    const now = this.#parts.clock.now();
    if (this.#gathered.length === 0) this.#since = now;
    this.#gathered.push(job);
    if (now - this.#since >= RECORD_AFTER_MS) this.record();
  }

  record(): void {
    const accepted = this.#gathered;
    this.#gathered = [];
    const [first] = accepted;
    if (first === undefined) return;
    const { database, jobs, messages, outbox, feed, log } = this.#parts;
    database.atomically(() => {
      const rows = accepted.flatMap(({ body }) => (body.kind === 'text' ? [body.messageRow] : []));
      const sent = messages.markSent(rows);
      if (sent.length > 0) feed.note(first.chatId, sent);
      outbox.tellSent(first.chatId, rows);
      jobs.remove(accepted.map(({ id }) => id));
      log('journey.4.recording', { count: accepted.length });
    });
    log('journey.4.recorded', { count: accepted.length });
  }
}
