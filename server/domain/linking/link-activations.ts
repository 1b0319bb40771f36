import { createHash } from 'node:crypto';
import {
  constantTimeEqual,
  parseCertificate,
  parseDeviceList,
  verifyNextList,
  verifyPreKeyUpload,
  type DeviceCertificate,
  type PreKeyUpload,
  type VerifiedCertificate,
} from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import { ActivateLinkRequest, LIMITS, type Bytes, type LinkActivated } from '@sotto/protocol/wire';
import { z } from 'zod';
import type { Notifier } from '../../notifier/notifier.js';
import type { LinkApproval, LinkSession } from '../../storage/link-session-repository.js';
import type { Storage } from '../../storage/storage.js';
import type { Clock } from '../clock.js';
import { deviceListRefusal } from '../device-list-refusal.js';
import type { CommittedList, ListCommit } from '../list-commit.js';
import { presentHead } from '../list-head.js';
import type { LinkingLock } from '../account/linking-lock.js';
import { done, refuse, type Outcome, type Refusal } from '../outcome.js';
import { preKeyRefusal } from '../pre-keys.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import { refreshTokenExpiry, type TokenGrants } from '../token-grants.js';
import { linkName } from './link-name.js';
import { atTime, partyOf } from './link-party.js';
import { ENDED, NO_SESSION, NOT_LISTED, OUT_OF_TURN, TOO_MANY_DEVICES } from './link-refusals.js';

const OTHER_CERTIFICATE = refuse(
  'invalidDeviceList',
  'This is not the certificate that the authorised device approved.',
);
const SIGNED_OUT = refuse('unauthorized', 'This device is signed out. Sign in again.');
const DEVICE_EXISTS = refuse('invalidDeviceList', 'A device with these keys is listed already.');

export interface LinkActivationsParts {
  readonly linkingLock: LinkingLock;
  readonly storage: Pick<
    Storage,
    'transactions' | 'accounts' | 'devices' | 'deviceLists' | 'roots' | 'linkSessions' | 'preKeys' | 'refreshTokens'
  >;
  readonly listCommit: ListCommit;
  readonly grants: TokenGrants;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly maxDevices: number;
}

/** What has been verified of a request before anything is locked. */
interface Candidate {
  readonly request: ActivateLinkRequest;
  /** Read only; its signatures are verified together with the list. */
  readonly certificate: DeviceCertificate;
  readonly preKeys: PreKeyUpload;
  readonly hash: Bytes;
}

type Activation =
  | { readonly type: 'activated'; readonly committed: CommittedList }
  | { readonly type: 'repeated'; readonly receipt: LinkActivated['receipt'] }
  /** The link has ended with this request: the list is another since the approval. */
  | { readonly type: 'overtaken' };

/** The last step of a link: device, certificate, list, prekeys and tokens in one transaction, or nothing (SPEC §11.7). */
export class LinkActivations {
  readonly #parts: LinkActivationsParts;

  constructor(parts: LinkActivationsParts) {
    this.#parts = parts;
  }

  async activate(id: Bytes, request: ActivateLinkRequest): Promise<Outcome<LinkActivated>> {
    const { storage, limiter, grants } = this.#parts;
    const limit = await limiter.take('linkCall', `new ${linkName(id)}`);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    // Also keeps what follows, which costs time, from those who are not the claimant.
    const identified = partyOf(await storage.linkSessions.find(id), { caller: undefined, claimant: request.claimant });
    if (identified.type === 'refused') return identified;
    const accountId = identified.value.session.authorised?.accountId;
    if (accountId === undefined) return OUT_OF_TURN;
    const candidate = candidateOf(request);
    if (candidate.type === 'refused') return candidate;
    const { deviceId } = candidate.value.certificate;
    const outcome = await storage.transactions.run<Activation | Refusal>(async (abandon) => {
      await storage.accounts.lock(accountId);
      const locked = await this.#parts.linkingLock.check(accountId);
      if (locked !== undefined) return locked;
      return this.#settle(await storage.linkSessions.lock(id), candidate.value, abandon);
    });
    if (outcome.type === 'refused') return outcome;
    this.#tell(id, outcome, candidate.value);
    if (outcome.type === 'overtaken') return deviceListRefusal('wrongPrevious');
    const account = await storage.accounts.find(accountId);
    if (account === undefined) return NO_SESSION;
    const grant = await grants.grant({ scope: 'device', accountId, deviceId }, account.username);
    return done({ grant, receipt: outcome.type === 'repeated' ? outcome.receipt : outcome.committed.receipt });
  }

  #tell(id: Bytes, activation: Activation, { certificate }: Candidate): void {
    if (activation.type === 'repeated') return;
    if (activation.type === 'activated') this.#parts.listCommit.announce(activation.committed, certificate.deviceId);
    this.#parts.notifier.linkChanged(linkName(id));
  }

  /** The account and the session are locked. */
  async #settle(
    found: LinkSession | undefined,
    candidate: Candidate,
    abandon: (refusal: Refusal) => never,
  ): Promise<Activation | Refusal> {
    if (found === undefined) return NO_SESSION;
    const now = this.#parts.clock();
    const session = atTime(found, now);
    if (session.state === 'ended') return ENDED;
    if (session.state === 'activated') return this.#repeat(session, candidate, now);
    const { approval } = session;
    if (session.state !== 'approved' || approval === undefined) return OUT_OF_TURN;
    if (!constantTimeEqual<Bytes>(approval.certificate, candidate.request.certificate.bytes)) return OTHER_CERTIFICATE;
    return this.#commit({ session, approval, candidate, now }, abandon);
  }

  async #commit(
    { session, approval, candidate, now }: Settlement,
    abandon: (refusal: Refusal) => never,
  ): Promise<Activation | Refusal> {
    const { storage, listCommit, maxDevices } = this.#parts;
    const { request, certificate, hash } = candidate;
    const present = await presentHead(storage, certificate.accountId);
    const untrusted = { list: approval.list, certificates: [request.certificate] };
    const verdict = verifyNextList(present.head, untrusted, { mostDevices: maxDevices, acceptedAt: now });
    if (verdict.outcome === 'refused') {
      if (verdict.reason === 'badCertificate') return deviceListRefusal(verdict.reason);
      // The list was right when it was approved: it is the account's that has changed.
      await storage.linkSessions.change(session, { state: 'ended', endReason: 'listChanged', approval: undefined });
      return { type: 'overtaken' };
    }
    // Before the list: what that ends are the links that it makes impossible.
    await storage.linkSessions.change(session, { state: 'activated', activationHash: hash });
    const committed = await listCommit.commit(present, {
      head: verdict.head,
      signature: approval.list.signature,
      acceptedAt: now,
    });
    if (committed === 'conflict') throw new Error('A device list changed while its account was locked.');
    const device = verdict.head.findDevice(certificate.deviceId);
    if (device === undefined) throw new Error('An approved list names the device that it was approved for.');
    const refusal = await this.#storeDevice(device, candidate, now);
    return refusal === undefined ? { type: 'activated', committed } : abandon(refusal);
  }

  async #storeDevice(device: VerifiedCertificate, candidate: Candidate, now: UnixMs): Promise<Refusal | undefined> {
    const { storage, maxDevices } = this.#parts;
    const { request, preKeys } = candidate;
    const { accountId, deviceId } = device;
    const activated = await storage.devices.activate({
      accountId,
      deviceId,
      certificate: {
        bytes: device.bytes,
        signingKeySignature: request.certificate.dskSignature,
        identityKeySignature: request.certificate.ikSignature,
        hash: device.hash,
      },
      signingKey: device.signingKey,
      identityKey: device.identityKey,
      linkKey: device.linkKey,
      registrationId: request.registrationId,
      linkedAt: now,
    });
    if (activated.type === 'deviceExists') return DEVICE_EXISTS;
    const published = await storage.preKeys.publish(device, preKeys, LIMITS.oneTimePreKeys);
    if (published.type !== 'published') return preKeyRefusal('repeatedId');
    const family = { tokenHash: request.refreshTokenHash, issuedAt: now, expiresAt: refreshTokenExpiry(now) };
    const started = await storage.refreshTokens.start({ accountId, deviceId, ...family }, maxDevices);
    return started.type === 'started' ? undefined : TOO_MANY_DEVICES;
  }

  /** The same request again, its answer lost on the way: the same device, the same receipt, a fresh access token. */
  async #repeat(session: LinkSession, candidate: Candidate, now: UnixMs): Promise<Activation | Refusal> {
    const { storage } = this.#parts;
    const { activationHash, approval } = session;
    if (activationHash === undefined || !constantTimeEqual<Bytes>(activationHash, candidate.hash)) return OUT_OF_TURN;
    const { accountId, deviceId } = candidate.certificate;
    if ((await storage.devices.find({ accountId, deviceId })) === undefined) return NOT_LISTED;
    if (!(await storage.refreshTokens.isLive({ accountId, deviceId }, now))) return SIGNED_OUT;
    const list = approval && parseDeviceList(approval.list.bytes);
    if (list === undefined) throw new Error('An activated link has lost its list.');
    const [step] = (await storage.deviceLists.page(accountId, { epoch: list.epoch, number: list.number - 1 }, 1)).steps;
    if (step === undefined) throw new Error('The list of an activated link is not among those of its account.');
    return { type: 'repeated', receipt: { time: step.receivedAt, signature: step.receiptSignature } };
  }
}

interface Settlement {
  readonly session: LinkSession;
  readonly approval: LinkApproval;
  readonly candidate: Candidate;
  readonly now: UnixMs;
}

const candidateOf = (request: ActivateLinkRequest): Outcome<Candidate> => {
  const certificate = parseCertificate(request.certificate.bytes);
  if (certificate === undefined) return OTHER_CERTIFICATE;
  const upload = verifyPreKeyUpload(certificate.identityKey, request.preKeys);
  if (upload.outcome === 'refused') return preKeyRefusal(upload.reason);
  // Bytes have one spelling and keys one order: equal requests are equal texts.
  const text = JSON.stringify(z.encode(ActivateLinkRequest, request));
  const hash = new Uint8Array(createHash('sha256').update(text).digest());
  return done({ request, certificate, preKeys: upload.preKeys, hash });
};
