import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { ErrorCode } from '@sotto/protocol/wire';
import type { ChangeFeed } from '../chats/change-feed.js';
import type { SendFailure } from '../chats/message.js';
import type { PeerDevices } from '../devices/types.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { Connection, Refused, SendResult } from '../net/types.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { MessageRepository } from '../storage/message-repository.js';
import type { OutboxRepository } from '../storage/outbox-repository.js';
import { AcceptedJobs } from './accepted-jobs.js';
import type { Access, AnonymousAccess } from './anonymous-access.js';
import { isRunningOut } from './outbox-job.js';
import type { OutboxJob, SealedEnvelope } from './outbox-job.js';
import type { Outbox } from './outbox.js';
import { otherDevices, type Recipients } from './recipients.js';
import type { SealResult, Sealer } from './sealer.js';
import { sendInOrder, type RefusedSend } from './send-in-order.js';

/** Contents that are sealed in one commit. */
const BATCH = 50;
/** How often the devices of the recipient may turn out to be others before the person is told. */
const REPAIRS_MOST = 5;
const ALARM_RETRY_MS = 600_000;
/** Refusals that time, or another connection, may change. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'rateLimited',
  'mailboxFull',
  'serverBusy',
  'internal',
  'unauthorized',
  'tokenExpired',
  'deviceNotListed',
]);

/** How the work on one chat ended. `held`: it goes on later; without a time the usual backoff applies. */
export type LineEnd =
  | { readonly end: 'empty' }
  | { readonly end: 'held'; readonly code: string; readonly retryAfterMs: number | undefined };

interface OutboxLineParts {
  readonly database: ProfileDatabase;
  readonly self: { readonly accountId: AccountId; readonly deviceId: DeviceId };
  readonly recipients: Recipients;
  readonly messages: MessageRepository;
  readonly jobs: OutboxRepository;
  readonly outbox: Pick<Outbox, 'tellSent'>;
  readonly feed: ChangeFeed;
  readonly sealer: Sealer;
  readonly devices: PeerDevices;
  readonly connection: Connection;
  readonly access: AnonymousAccess;
  readonly clock: Clock;
  /** The server's time, as far as this device knows it. */
  readonly serverTime: Pick<Clock, 'now'>;
  readonly log: CoreLog;
}

interface SealedJob {
  readonly job: OutboxJob;
  readonly envelopes: readonly SealedEnvelope[];
}

type Mismatch = SendResult & { readonly outcome: 'mismatched' };

const held = (code: string, retryAfterMs?: number): LineEnd => ({ end: 'held', code, retryAfterMs });

/** Nobody opens what a certificate that has run out vouches for; and nothing goes to a device that was taken off its list. */
const isGood = (envelopes: readonly SealedEnvelope[], active: ReadonlySet<DeviceId>, now: UnixMs): boolean =>
  envelopes.length === active.size &&
  envelopes.every(({ deviceId, expiresAt }) => active.has(deviceId) && !isRunningOut(expiresAt, now));

/** Only devices that were sent to can be meant: the server has no say in the sessions with anybody else. */
const doubtfulOf = ({ extra, stale }: Mismatch, envelopes: readonly SealedEnvelope[]): readonly DeviceId[] => {
  const named = new Set([...extra, ...stale]);
  return envelopes.map(({ deviceId }) => deviceId).filter((deviceId) => named.has(deviceId));
};

/**
 * Steps 3 and 4 of a message's journey, for one chat: what waits is sealed in batches and sent one after the other.
 */
export class OutboxLine {
  readonly #parts: OutboxLineParts;

  constructor(parts: OutboxLineParts) {
    this.#parts = parts;
  }

  /** Sends what waits in a chat until nothing does, or until it has to wait. */
  async run(chatId: AccountId): Promise<LineEnd> {
    for (;;) {
      const end = await this.#runBatch(chatId);
      if (end !== undefined) return end;
    }
  }

  async #runBatch(chatId: AccountId): Promise<LineEnd | undefined> {
    const { jobs, recipients, sealer } = this.#parts;
    const batch = jobs.next(chatId, 0, BATCH);
    const [first] = batch;
    const recipient = recipients.find(chatId);
    if (first === undefined || recipient === undefined) return { end: 'empty' };
    if (this.#isAlone(chatId)) {
      jobs.clear(chatId);
      return { end: 'empty' };
    }
    if (recipient.alarm && (await this.#isStillAlarmed(chatId))) return held('alarm', ALARM_RETRY_MS);
    const sealed = this.#sealedOf(chatId, batch);
    if (sealed.length > 0) return this.#sendAll(chatId, sealed);
    return this.#afterSealing(first, await sealer.seal(recipient, batch));
  }

  /** The account has no other device (any more): nobody is there to be told. */
  #isAlone(chatId: AccountId): boolean {
    return chatId === this.#parts.self.accountId && this.#activeOf(chatId).size === 0;
  }

  #activeOf(chatId: AccountId): ReadonlySet<DeviceId> {
    const { devices, self } = this.#parts;
    const pinned = devices.find(chatId);
    return new Set(pinned === undefined ? [] : otherDevices(pinned, self.deviceId));
  }

  /** A new epoch of the other person's list ends the alarm. */
  async #isStillAlarmed(chatId: AccountId): Promise<boolean> {
    const result = await this.#parts.devices.refresh(chatId);
    if (result.outcome !== 'ok') return true;
    this.#noteChat(chatId);
    return result.devices.alarm;
  }

  /** Sealing follows the order of the jobs, so the sealed ones come first. Those that are no longer good are sealed anew. */
  #sealedOf(chatId: AccountId, batch: readonly OutboxJob[]): readonly SealedJob[] {
    const { jobs, serverTime } = this.#parts;
    const envelopesOf = jobs.envelopes(batch);
    const active = this.#activeOf(chatId);
    const sealed: SealedJob[] = [];
    for (const job of batch) {
      const envelopes = envelopesOf.get(job.id);
      if (envelopes === undefined) break;
      if (!isGood(envelopes, active, serverTime.now())) {
        if (sealed.length === 0) jobs.unseal(chatId);
        break;
      }
      sealed.push({ job, envelopes });
    }
    return sealed;
  }

  async #afterSealing(first: OutboxJob, result: SealResult): Promise<LineEnd | undefined> {
    switch (result.outcome) {
      case 'sealed':
        return undefined;
      case 'held':
        return held(result.code, result.retryAfterMs);
      case 'alarm':
        this.#noteChat(first.chatId);
        return held('alarm', ALARM_RETRY_MS);
      case 'trouble':
        if (!this.#countTrouble(first)) return undefined;
        // The devices may be others by now; the next attempt encrypts to what this finds.
        await this.#parts.devices.refresh(first.chatId);
        return held(result.code);
      case 'failed':
        this.#fail(first, result.failure);
        return undefined;
    }
  }

  async #sendAll(chatId: AccountId, sealed: readonly SealedJob[]): Promise<LineEnd | undefined> {
    const accepted = new AcceptedJobs(this.#parts);
    const access = this.#parts.access.find(chatId);
    try {
      const refused = await sendInOrder(sealed, {
        send: ({ job, envelopes }) => this.#send(job.chatId, envelopes, access),
        accepted: ({ job }) => {
          accepted.add(job);
        },
      });
      if (refused === undefined) return undefined;
      accepted.record();
      return await this.#afterRefusal(refused.job, refused.result);
    } finally {
      accepted.record();
    }
  }

  async #send(
    chatId: AccountId,
    envelopes: readonly SealedEnvelope[],
    access: Access | undefined,
  ): Promise<SendResult> {
    const { connection, log } = this.#parts;
    log('journey.4.sending');
    const result = await connection.send(chatId, envelopes, { accessKey: access?.accessKey });
    if (result.outcome === 'accepted') log('journey.4.accepted');
    if (access === undefined || result.outcome !== 'refused' || result.code !== 'accessDenied') return result;
    // A key that came meanwhile may be good where this one is not; otherwise the authenticated way is left.
    access.refused();
    return this.#send(chatId, envelopes, this.#parts.access.find(chatId));
  }

  async #afterRefusal(refused: SealedJob, result: RefusedSend<SealedJob>['result']): Promise<LineEnd | undefined> {
    switch (result.outcome) {
      case 'mismatched':
        return this.#repair(refused, result);
      case 'away':
        return held(result.reason);
      case 'refused':
        return this.#afterFailure(refused.job, result);
    }
  }

  #afterFailure(job: OutboxJob, { code, retryAfterMs }: Refused): LineEnd | undefined {
    if (PASSING.has(code)) return held(code, retryAfterMs === 0 ? undefined : retryAfterMs);
    this.#fail(job, code === 'unknownRecipient' ? 'recipientGone' : 'refused');
    return undefined;
  }

  /**
   * The server says that the recipient has other devices. That is a hint: the list is fetched and verified, and everything
   * that waits in this chat is sealed anew for what it says, with new envelope ids.
   */
  async #repair({ job, envelopes }: SealedJob, mismatch: Mismatch): Promise<LineEnd | undefined> {
    const { devices, log } = this.#parts;
    if (!this.#countTrouble(job)) return undefined;
    log('outbox.repaired', { count: mismatch.missing.length + mismatch.extra.length + mismatch.stale.length });
    const result = await devices.refresh(job.chatId);
    switch (result.outcome) {
      case 'ok':
        await this.#parts.sealer.archiveSessions(doubtfulOf(mismatch, envelopes));
        return undefined;
      case 'alarm':
        this.#noteChat(job.chatId);
        return held('alarm', ALARM_RETRY_MS);
      case 'unknownAccount':
        this.#fail(job, 'recipientGone');
        return undefined;
      case 'unverifiable':
        return held('unverifiable');
      case 'away':
        return held(result.reason);
      case 'refused':
        return held(result.code, result.retryAfterMs === 0 ? undefined : result.retryAfterMs);
    }
  }

  /** Takes the seals off and counts; gives the job up, and returns `false`, once that has happened too often. */
  #countTrouble(job: OutboxJob): boolean {
    const { database, jobs } = this.#parts;
    const repairs = database.atomically(() => {
      jobs.unseal(job.chatId);
      return jobs.countRepair(job.id);
    });
    if (repairs <= REPAIRS_MOST) return true;
    this.#fail(job, 'deviceTrouble');
    return false;
  }

  #fail(job: OutboxJob, failure: SendFailure): void {
    const { database, jobs, messages, feed } = this.#parts;
    const { chatId, body } = job;
    database.atomically(() => {
      if (body.kind === 'text' && messages.markFailed(body.messageRow, failure)) feed.note(chatId, [body.messageRow]);
      jobs.remove([job.id]);
    });
  }

  #noteChat(chatId: AccountId): void {
    this.#parts.database.atomically(() => this.#parts.feed.note(chatId));
  }
}
