import type { AccountId, DeviceId, EnvelopeId, UnixMs } from '@sotto/protocol/ids';
import { LIFETIMES, LIMITS } from '@sotto/protocol/wire';
import type { Log } from '../../log.js';
import type { Meter } from '../../metrics/meter.js';
import type { FreshMail, Notifier } from '../../notifier/notifier.js';
import type { AccountRepository } from '../../storage/account-repository.js';
import type { DeliveryTarget, DeviceAddress, DeviceRepository } from '../../storage/device-repository.js';
import type {
  Acknowledgement,
  MailboxGlance,
  MailboxPage,
  MailboxRepository,
  NewEnvelope,
  WaitingEnvelope,
} from '../../storage/mailbox-repository.js';
import type { Transactions } from '../../storage/transactions.js';
import { laterBy, type Clock } from '../clock.js';
import { SERVER_BUSY } from '../fault.js';
import type { Refusal } from '../outcome.js';
import { GroupCommit } from './group-commit.js';
import { SendJudge, type Send, type SendOutcome } from './send.js';

/** How the database names envelopes that are libsignal sealed sender messages. */
export const SEALED_KIND = 1;

/** Read together: as many as fit into one delivery with room for its other fields. */
const READ_BYTES = LIMITS.frameBytes - 32 * 1_024;

const SEND_BOUNDS = {
  mostItems: 256,
  mostBytes: 8 * 1_048_576,
  mostWaitingItems: 10_000,
  mostWaitingBytes: 64 * 1_048_576,
};
const ACKNOWLEDGEMENT_BOUNDS = {
  mostItems: 256,
  mostBytes: 1_048_576,
  mostWaitingItems: 50_000,
  mostWaitingBytes: 16 * 1_048_576,
  // Mail that is deleted a moment later is at worst delivered twice to a device that comes back within it; a commit for each costs the
  // disk as much as the messages themselves.
  gatherMs: 20,
};
const ID_BYTES = 16;
/** Mailboxes looked into by one statement: at 17 envelopes of 128 KiB each no more than 34 MiB, in practice far less. */
const GLANCE_BOUNDS = { mostItems: 16, mostBytes: Infinity, mostWaitingItems: 100_000, mostWaitingBytes: Infinity };

/** What a device has stored durably: where this process handed it over itself by position, the rest by id. */
export interface Acknowledged {
  readonly positions: readonly number[];
  readonly envelopeIds: readonly EnvelopeId[];
}

export interface MailboxParts {
  readonly transactions: Transactions;
  readonly accounts: AccountRepository;
  readonly devices: DeviceRepository;
  readonly mailbox: MailboxRepository;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  /** How many batches of sends may be under way: more than one where the database waits for its disk, not for itself. */
  readonly commitsAtOnce: number;
}

interface Committed {
  readonly outcomes: readonly SendOutcome[];
  readonly mail: readonly FreshMail[];
}

/**
 * Mailboxes of all devices: what is accepted is committed, what is delivered stays until the device has acknowledged it. Sends
 * and acknowledgements of all sockets share commits.
 */
export class Mailbox {
  readonly #parts: MailboxParts;
  readonly #lanes: readonly GroupCommit<Send, SendOutcome>[];
  readonly #acknowledgements = new GroupCommit<Acknowledgement & Acknowledged, 'acknowledged'>(
    ACKNOWLEDGEMENT_BOUNDS,
    (batch) => this.#commitAcknowledgements(batch),
  );

  /** Many sockets look at the same time: when another process has committed a batch, and when all come back at once. */
  readonly #glances = new GroupCommit<MailboxGlance, MailboxPage>(GLANCE_BOUNDS, (glances) =>
    this.#parts.mailbox.glance(glances, this.#expiryBound()),
  );

  constructor(parts: MailboxParts) {
    this.#parts = parts;
    this.#lanes = Array.from(
      { length: parts.commitsAtOnce },
      () => new GroupCommit<Send, SendOutcome>(SEND_BOUNDS, (sends) => this.#commitSends(sends)),
    );
  }

  /** Resolves once everything is durable, or nothing has been stored. What one recipient gets is accepted in the order of calls. */
  async send(send: Send): Promise<SendOutcome> {
    const bytes = send.envelopes.reduce((sum, envelope) => sum + envelope.ciphertext.length, 0);
    const outcome = await this.#laneOf(send.recipient).submit(send, bytes);
    return outcome === 'full' ? SERVER_BUSY : outcome;
  }

  /** Deletes from the own mailbox what the device has stored. Ids that are not in it are passed over. */
  async acknowledge(device: DeviceAddress, acknowledged: Acknowledged): Promise<'acknowledged' | Refusal> {
    const { accountId, deviceId } = device;
    const { positions, envelopeIds } = acknowledged;
    const bytes = (positions.length + envelopeIds.length) * ID_BYTES;
    const outcome = await this.#acknowledgements.submit({ accountId, deviceId, positions, envelopeIds }, bytes);
    return outcome === 'full' ? SERVER_BUSY : outcome;
  }

  /** The first few of what waits after a position, asked together with what other sockets ask just now. */
  async glance(address: DeviceAddress, after: number): Promise<MailboxPage> {
    const page = await this.#glances.submit({ address, after }, 0);
    return page === 'full' ? this.read(address, after) : page;
  }

  /** What waits after a position, one delivery at most. */
  read(device: DeviceAddress, after: number): Promise<MailboxPage> {
    return this.#parts.mailbox.read(device, {
      after,
      mostEnvelopes: LIMITS.envelopesPerDelivery,
      mostBytes: READ_BYTES,
      acceptedSince: this.#expiryBound(),
    });
  }

  /** How many envelopes expired undelivered since this was last asked. */
  takeExpiredCount(device: DeviceAddress): Promise<number> {
    return this.#parts.mailbox.takeExpiredCount(device);
  }

  /** Deletes and counts what has expired, in steps that keep no one waiting for long. */
  async deleteExpired(): Promise<void> {
    const STEP = 500;
    let deleted;
    do {
      deleted = await this.#parts.mailbox.deleteExpired(this.#expiryBound(), STEP);
      if (deleted > 0) this.#parts.log.info('mailbox.expired', { count: deleted });
      this.#parts.meter.count('sotto_envelopes_expired_total', deleted);
    } while (deleted === STEP);
  }

  /** Resolves once everything that was submitted has been committed. */
  async drained(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.drained()));
    await this.#acknowledgements.drained();
  }

  /** Always the same one for a recipient: batches under way at once never meet in a mailbox, and so keep its order. */
  #laneOf(recipient: AccountId): GroupCommit<Send, SendOutcome> {
    const lane = this.#lanes[Number.parseInt(recipient.slice(0, 8), 16) % this.#lanes.length];
    if (lane === undefined) throw new Error('A mailbox needs at least one commit at once.');
    return lane;
  }

  #expiryBound(): UnixMs {
    return laterBy(this.#parts.clock(), -LIFETIMES.envelopeMs);
  }

  async #commitSends(sends: readonly Send[]): Promise<readonly SendOutcome[]> {
    const { transactions, notifier, log, meter } = this.#parts;
    log.debug('mailbox.beforeCommit', { count: sends.length });
    const startedAt = performance.now();
    const { outcomes, mail } = await transactions.run(() => this.#store(sends));
    log.debug('mailbox.afterCommit', { count: sends.length });
    meter.observe('sotto_commit_seconds', (performance.now() - startedAt) / 1_000);
    meter.observe('sotto_commit_sends', sends.length);
    meter.count(
      'sotto_envelopes_accepted_total',
      mail.reduce((sum, { envelopes }) => sum + envelopes.length, 0),
    );
    notifier.arrived(mail);
    return outcomes;
  }

  /** May run again after a deadlock: everything that it decides, it decides from what it reads under its locks. */
  async #store(sends: readonly Send[]): Promise<Committed> {
    const { devices, accounts, mailbox, clock } = this.#parts;
    const targets = await devices.lockForDelivery(unique(sends.map((send) => send.recipient)));
    const anonymous = sends.filter((send) => send.sender.type === 'anonymous');
    const accessVerifiers =
      anonymous.length === 0
        ? new Map()
        : await accounts.findAccessVerifiers(unique(anonymous.map((send) => send.recipient)));
    const now = clock();
    const judge = new SendJudge({ targets, accessVerifiers, now });
    const verdicts = sends.map((send) => judge.judge(send));
    const envelopes = sends.flatMap((send, index) =>
      verdicts[index]?.type === 'deliverable' ? envelopesOf(send, now) : [],
    );
    const stored = envelopes.length === 0 ? [] : await mailbox.enqueueMany(envelopes);
    const mail = new MailSorter(targets);
    envelopes.forEach((envelope, index) => {
      const outcome = stored[index];
      if (outcome?.type === 'stored') mail.add(envelope, outcome.position);
    });
    return {
      outcomes: verdicts.map((verdict) =>
        verdict.type === 'deliverable' ? { type: 'accepted', serverTime: now } : verdict,
      ),
      mail: mail.sorted(),
    };
  }

  async #commitAcknowledgements(
    batch: readonly (Acknowledgement & Acknowledged)[],
  ): Promise<readonly 'acknowledged'[]> {
    const { mailbox, log, meter } = this.#parts;
    log.debug('mailbox.beforeDelete', { count: batch.length });
    await mailbox.deleteAt(batch.flatMap(({ positions }) => positions));
    const byId = batch.filter(({ envelopeIds }) => envelopeIds.length > 0);
    if (byId.length > 0) await mailbox.deleteMany(byId);
    log.debug('mailbox.afterDelete', { count: batch.length });
    const ids = batch.reduce((sum, { positions, envelopeIds }) => sum + positions.length + envelopeIds.length, 0);
    meter.count('sotto_envelopes_acknowledged_total', ids);
    return batch.map(() => 'acknowledged');
  }
}

const unique = (accountIds: readonly AccountId[]): readonly AccountId[] => [...new Set(accountIds)];

const envelopesOf = (send: Send, acceptedAt: UnixMs): NewEnvelope[] =>
  send.envelopes.map(({ deviceId, envelopeId, ciphertext }) => ({
    accountId: send.recipient,
    deviceId,
    envelopeId,
    kind: SEALED_KIND,
    ciphertext,
    acceptedAt,
  }));

/** Sorts what one commit has stored by device, so that each socket is told once. */
class MailSorter {
  readonly #after = new Map<DeviceId, number>();
  readonly #envelopes = new Map<DeviceId, WaitingEnvelope[]>();

  constructor(targets: ReadonlyMap<AccountId, readonly DeliveryTarget[]>) {
    for (const devices of targets.values())
      for (const { deviceId, lastPosition } of devices) this.#after.set(deviceId, lastPosition);
  }

  add({ deviceId, envelopeId, kind, ciphertext, acceptedAt }: NewEnvelope, position: number): void {
    const envelopes = this.#envelopes.get(deviceId) ?? [];
    envelopes.push({ position, envelopeId, kind, ciphertext, acceptedAt });
    this.#envelopes.set(deviceId, envelopes);
  }

  sorted(): FreshMail[] {
    return [...this.#envelopes].map(([deviceId, envelopes]) => ({
      deviceId,
      after: this.#after.get(deviceId) ?? 0,
      envelopes,
    }));
  }
}
