import type { Log } from '../../log.js';
import type { Notifier } from '../../notifier/notifier.js';
import type { LinkSessionRepository } from '../../storage/link-session-repository.js';
import { laterBy, type Clock } from '../clock.js';
import type { Expiring } from '../expiring.js';
import { linkName } from './link-name.js';
import { LONGEST_QUOTA_MS } from './link-quota.js';

const STEP = 200;

/** Ends links whose time is over, and forgets those that no quota counts any more. */
export class LinkExpiry implements Expiring {
  readonly #linkSessions: LinkSessionRepository;
  readonly #notifier: Notifier;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(parts: {
    readonly linkSessions: LinkSessionRepository;
    readonly notifier: Notifier;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#linkSessions = parts.linkSessions;
    this.#notifier = parts.notifier;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  async deleteExpired(): Promise<void> {
    const now = this.#clock();
    let ended;
    do {
      ended = await this.#linkSessions.endExpired(now, STEP);
      for (const linkSessionId of ended) this.#notifier.linkChanged(linkName(linkSessionId));
      if (ended.length > 0) this.#log.info('links.expired', { count: ended.length });
    } while (ended.length === STEP);
    let forgotten;
    do {
      forgotten = await this.#linkSessions.deleteBegunBefore(laterBy(now, -LONGEST_QUOTA_MS), STEP);
    } while (forgotten === STEP);
  }
}
