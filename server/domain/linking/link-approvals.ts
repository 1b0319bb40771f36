import {
  CertificateBytes,
  certificateHash,
  constantTimeEqual,
  parseCertificate,
  parseDeviceList,
  verifyNextList,
  type DeviceCertificate,
  type DeviceList,
} from '@sotto/crypto/server';
import type { DeviceId } from '@sotto/protocol/ids';
import { LIFETIMES, type ApproveLinkRequest, type Bytes } from '@sotto/protocol/wire';
import type { Notifier } from '../../notifier/notifier.js';
import type { LinkSession } from '../../storage/link-session-repository.js';
import type { Storage } from '../../storage/storage.js';
import type { DeviceCaller } from '../access-tokens.js';
import { laterBy, type Clock } from '../clock.js';
import { deviceListRefusal } from '../device-list-refusal.js';
import { presentHead, type PresentHead } from '../list-head.js';
import { done, refuse, type Outcome, type Refusal } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import type { LinkingLock } from '../account/linking-lock.js';
import type { StepUp } from '../step-up.js';
import { linkName } from './link-name.js';
import { atTime, partyOf } from './link-party.js';
import { ENDED, OUT_OF_TURN, TOO_MANY_DEVICES } from './link-refusals.js';

const BAD_CERTIFICATE = refuse(
  'invalidDeviceList',
  'The certificate is malformed, or not one of a new device of this account from this link session.',
);
const OTHER_CHANGE = refuse(
  'invalidDeviceList',
  'The list of a link adds the device of the certificate and changes nothing else.',
);

export interface LinkApprovalsParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'devices' | 'deviceLists' | 'roots' | 'linkSessions'>;
  readonly stepUp: StepUp;
  readonly linkingLock: LinkingLock;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly maxDevices: number;
}

/** Takes what the authorised device has signed. It is verified as far as it can be, and commits nothing yet (SPEC §11.6). */
export class LinkApprovals {
  readonly #parts: LinkApprovalsParts;

  constructor(parts: LinkApprovalsParts) {
    this.#parts = parts;
  }

  async approve(id: Bytes, caller: DeviceCaller, request: ApproveLinkRequest): Promise<Outcome<Record<string, never>>> {
    const { storage, stepUp, limiter, clock, notifier } = this.#parts;
    const limit = await limiter.take('linkCall', `${caller.deviceId} ${linkName(id)}`);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const unproven =
      (await stepUp.check(caller, request.stepUpToken)) ?? (await this.#parts.linkingLock.check(caller.accountId));
    if (unproven !== undefined) return unproven;
    const refusal = await storage.transactions.run<Refusal | undefined>(async () => {
      // Before the session: a list that is committed meanwhile ends this link, one that was is seen here.
      await storage.accounts.lock(caller.accountId);
      const identified = partyOf(await storage.linkSessions.lock(id), { caller, claimant: undefined });
      if (identified.type === 'refused') return identified;
      return this.#store(atTime(identified.value.session, clock()), caller, request);
    });
    if (refusal !== undefined) return refusal;
    notifier.linkChanged(linkName(id));
    return done({});
  }

  async #store(session: LinkSession, caller: DeviceCaller, request: ApproveLinkRequest): Promise<Refusal | undefined> {
    const { storage } = this.#parts;
    if (session.state === 'ended') return ENDED;
    const messages = await storage.linkSessions.messages(session.linkSessionId);
    const fourth = messages.find(({ number }) => number === 4);
    if (session.state === 'approved' && fourth !== undefined)
      return isRepeat(session, fourth.body, request) ? undefined : OUT_OF_TURN;
    // Without M3 the new device has not shown that it holds the keys which are to be certified.
    if (session.state !== 'claimed' || messages.length !== 3) return OUT_OF_TURN;
    const refusal = this.#refusalOf(await presentHead(storage, caller.accountId), session, caller, request);
    if (refusal !== undefined) return refusal;
    const { certificate, list, message } = request;
    await storage.linkSessions.change(
      session,
      {
        state: 'approved',
        approval: { certificate, list },
        expiresAt: laterBy(session.createdAt, LIFETIMES.linkSessionMs),
      },
      { number: 4, body: message },
    );
    return undefined;
  }

  #refusalOf(
    { head }: PresentHead,
    session: LinkSession,
    caller: DeviceCaller,
    { certificate, list }: ApproveLinkRequest,
  ): Refusal | undefined {
    const { clock, maxDevices } = this.#parts;
    const parsed = parseCertificate(certificate);
    if (parsed === undefined || !isOfLink(parsed, session, caller)) return BAD_CERTIFICATE;
    if (head.findDevice(parsed.deviceId) !== undefined) return BAD_CERTIFICATE;
    // Signatures of its own device the certificate gets at the activation. So the one reason for which the list may be refused
    // is the last one to be looked at: everything before it is right.
    const verdict = verifyNextList(head, { list, certificates: [] }, { mostDevices: maxDevices, acceptedAt: clock() });
    const reason = verdict.outcome === 'refused' ? verdict.reason : 'overreach';
    if (reason === 'tooManyDevices') return TOO_MANY_DEVICES;
    if (reason !== 'missingCertificate') return deviceListRefusal(reason);
    const next = parseDeviceList(list.bytes);
    return next !== undefined && addsOnly(head.list, next, parsed.deviceId, certificate) ? undefined : OTHER_CHANGE;
  }
}

const isOfLink = (certificate: DeviceCertificate, session: LinkSession, caller: DeviceCaller): boolean =>
  certificate.accountId === caller.accountId &&
  certificate.linkSession !== undefined &&
  constantTimeEqual<Bytes>(new Uint8Array(certificate.linkSession), session.linkSessionId);

const addsOnly = (before: DeviceList, after: DeviceList, added: DeviceId, certificate: Bytes): boolean => {
  const names = (list: DeviceList, deviceId: DeviceId, hash: Uint8Array): boolean =>
    list.entries.some(
      (entry) => entry.deviceId === deviceId && constantTimeEqual<Uint8Array>(entry.certificateHash, hash),
    );
  return (
    after.entries.length === before.entries.length + 1 &&
    before.entries.every((entry) => names(after, entry.deviceId, entry.certificateHash)) &&
    names(after, added, certificateHash(CertificateBytes.of(certificate)))
  );
};

const isRepeat = ({ approval }: LinkSession, fourth: Bytes, request: ApproveLinkRequest): boolean =>
  approval !== undefined &&
  constantTimeEqual<Bytes>(approval.certificate, request.certificate) &&
  constantTimeEqual<Bytes>(approval.list.bytes, request.list.bytes) &&
  constantTimeEqual<Bytes>(fourth, request.message);
