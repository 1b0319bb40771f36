import {
  Plaintext,
  type Clock,
  type DeviceMessenger,
  type OutgoingMessage,
  type OwnSenderCertificate,
  type PreKeyBundle,
  type Sent,
} from '@sotto/crypto';
import { encodeContent, type Body, type ListHead } from '@sotto/protocol/content';
import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import type { SenderCertificateSource } from '../account/types.js';
import type { SendFailure } from '../chats/message.js';
import type { PeerDevices, VerifiedDevices } from '../devices/types.js';
import type { CoreLog } from '../log.js';
import type { Refused } from '../net/types.js';
import type { OutboxRepository } from '../storage/outbox-repository.js';
import type { BundleClaim } from './bundle-claim.js';
import { isRunningOut, type OutboxBody, type OutboxJob } from './outbox-job.js';
import { otherDevices, type Recipient } from './recipients.js';
import type { RandomIds } from './random-ids.js';

/** Only `sealed` has changed anything. `held`: try again later. `trouble`: again too, but not for ever. */
export type SealResult =
  | { readonly outcome: 'sealed' }
  | { readonly outcome: 'held'; readonly code: string; readonly retryAfterMs: number | undefined }
  | { readonly outcome: 'alarm' }
  | { readonly outcome: 'trouble'; readonly code: string }
  | { readonly outcome: 'failed'; readonly failure: SendFailure };

/** Who this device is, as its contents say. */
export interface Author {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly profileKey: () => Bytes;
}

interface SealerParts {
  readonly author: Author;
  readonly messenger: DeviceMessenger;
  readonly certificates: SenderCertificateSource;
  readonly devices: PeerDevices;
  readonly claims: BundleClaim;
  readonly jobs: OutboxRepository;
  readonly ids: RandomIds;
  /** The server's time, as far as this device knows it. */
  readonly serverTime: Clock;
  readonly log: CoreLog;
}

type OutgoingJob = OutgoingMessage & { readonly job: OutboxJob };

interface Batch {
  readonly messages: readonly OutgoingJob[];
  readonly certificate: OwnSenderCertificate;
}

const held = (code: string, retryAfterMs = 0): SealResult => ({
  outcome: 'held',
  code,
  retryAfterMs: retryAfterMs === 0 ? undefined : retryAfterMs,
});

const heldBy = ({ code, retryAfterMs }: Refused): SealResult => held(code, retryAfterMs);

const contentBody = (body: OutboxBody, madeAt: OutboxJob['madeAt']): Body => {
  switch (body.kind) {
    case 'text':
      return { kind: 'text', body: body.text };
    case 'receipt':
      return { kind: 'receipt', state: body.state, messageIds: body.messageIds, at: madeAt };
    case 'sync':
    case 'hello':
      return body;
  }
};

const missingOf = (sent: readonly Sent<OutgoingJob>[]): readonly DeviceId[] => [
  ...new Set(sent.flatMap(({ result }) => (result.outcome === 'sessionsMissing' ? result.deviceIds : []))),
];

/**
 * Step 3 of a message's journey: encodes contents for every device of the recipient's verified list, encrypts and seals them.
 * The sealed envelopes and the ratchets that made them are one commit, before anything leaves.
 */
export class Sealer {
  readonly #parts: SealerParts;

  constructor(parts: SealerParts) {
    this.#parts = parts;
  }

  async seal(recipient: Recipient, jobs: readonly OutboxJob[]): Promise<SealResult> {
    const verified = await this.#parts.devices.verified(recipient.accountId);
    switch (verified.outcome) {
      case 'ok':
        return this.#sealFor(recipient, verified.devices, jobs);
      case 'alarm':
        return { outcome: 'alarm' };
      case 'unknownAccount':
        return { outcome: 'failed', failure: 'recipientGone' };
      case 'unverifiable':
        return { outcome: 'trouble', code: 'unverifiable' };
      case 'away':
        return held(verified.reason);
      case 'refused':
        return heldBy(verified);
    }
  }

  /** What is on its way from these devices still opens; the next message to them begins a new session. */
  async archiveSessions(deviceIds: readonly DeviceId[]): Promise<void> {
    if (deviceIds.length > 0) await this.#parts.messenger.archiveSessions(deviceIds, () => undefined);
  }

  async #sealFor(recipient: Recipient, devices: VerifiedDevices, jobs: readonly OutboxJob[]): Promise<SealResult> {
    const certificate = await this.#parts.certificates.get();
    switch (certificate.outcome) {
      case 'ok':
        if (isRunningOut(certificate.value.expiresAt, this.#parts.serverTime.now())) return held('certificateExpired');
        return this.#sealBatch(recipient.accountId, {
          messages: this.#outgoing(recipient, devices, jobs),
          certificate: certificate.value,
        });
      case 'unverifiable':
        return held(certificate.outcome);
      case 'away':
        return held(certificate.reason);
      case 'refused':
        return heldBy(certificate);
    }
  }

  async #sealBatch(accountId: AccountId, batch: Batch): Promise<SealResult> {
    const first = await this.#encrypt(batch, []);
    const missing = missingOf(first);
    if (missing.length === 0) return this.#resultOf(first);
    const claimed = await this.#parts.claims.claim(accountId, missing);
    switch (claimed.outcome) {
      case 'ok':
        return this.#resultOf(await this.#encrypt(batch, claimed.bundles));
      case 'unusable':
        return { outcome: 'trouble', code: 'unusableBundle' };
      case 'away':
        return held(claimed.reason);
      case 'refused':
        return this.#afterRefusedClaim(claimed);
    }
  }

  #afterRefusedClaim(refusal: Refused): SealResult {
    if (refusal.code === 'unknownRecipient' || refusal.code === 'notFound') {
      return { outcome: 'failed', failure: 'recipientGone' };
    }
    return refusal.code === 'deviceNotListed' ? { outcome: 'trouble', code: refusal.code } : heldBy(refusal);
  }

  #resultOf(sent: readonly Sent<OutgoingJob>[]): SealResult {
    if (sent.every(({ result }) => result.outcome === 'sealed')) return { outcome: 'sealed' };
    if (sent.some(({ result }) => result.outcome === 'certificateExpired')) return held('certificateExpired');
    return { outcome: 'trouble', code: 'unusableBundle' };
  }

  async #encrypt(
    { messages, certificate }: Batch,
    bundles: readonly PreKeyBundle[],
  ): Promise<readonly Sent<OutgoingJob>[]> {
    const { messenger, log } = this.#parts;
    log('journey.3.encrypting', { count: messages.length });
    const sent = await messenger.send(messages, {
      certificate,
      bundles,
      commit: (results) => {
        // A job for which a session is missing stays unsealed, and so do those behind it: order before speed.
        if (!results.every(({ result }) => result.outcome === 'sealed')) return;
        for (const result of results) this.#keep(result);
        log('journey.3.committing', { count: results.length });
      },
    });
    log('journey.3.encrypted', { count: sent.length });
    return sent;
  }

  #keep({ message, result }: Sent<OutgoingJob>): void {
    if (result.outcome !== 'sealed') return;
    for (const copy of result.copies) {
      const envelopeId = this.#parts.ids.envelopeId();
      this.#parts.jobs.addEnvelope(message.job.id, { ...copy, envelopeId, expiresAt: result.expiresAt });
    }
  }

  #outgoing(recipient: Recipient, devices: VerifiedDevices, jobs: readonly OutboxJob[]): readonly OutgoingJob[] {
    const { author } = this.#parts;
    const places = {
      senderAccount: author.accountId,
      senderDevice: author.deviceId,
      recipientAccount: recipient.accountId,
      senderListHead: this.#ownListHead(),
      recipientListHead: devices.head,
      profileKey: recipient.standing === 'accepted' ? author.profileKey() : undefined,
    };
    const recipientDevices = otherDevices(devices, author.deviceId);
    return jobs.map((job) => {
      const { contentId: messageId, sequence, madeAt: sentAt } = job;
      const body = contentBody(job.body, sentAt);
      const copies = recipientDevices.map((recipientDevice) => {
        const header = { ...places, recipientDevice, messageId, sequence, sentAt };
        return { deviceId: recipientDevice, plaintext: Plaintext.of(encodeContent({ header, body })) };
      });
      return { job, copies, contentHint: body.kind === 'text' ? 'resendable' : 'implicit' };
    });
  }

  #ownListHead(): ListHead {
    const own = this.#parts.devices.find(this.#parts.author.accountId);
    if (own === undefined) throw new Error('the own device list is not pinned');
    return own.head;
  }
}
