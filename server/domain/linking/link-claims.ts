import { constantTimeEqual, LinkTokenBytes, linkSessionIdOf } from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import {
  LIFETIMES,
  type Bytes,
  type ClaimLinkSessionRequest,
  type ClaimReverseLinkSessionRequest,
  type LinkSessionOpened,
} from '@sotto/protocol/wire';
import type { z } from 'zod';
import type { Notifier } from '../../notifier/notifier.js';
import type { DeviceAddress } from '../../storage/device-repository.js';
import type { LinkSession } from '../../storage/link-session-repository.js';
import type { Storage } from '../../storage/storage.js';
import type { DeviceCaller } from '../access-tokens.js';
import { laterBy, type Clock } from '../clock.js';
import { done, type Outcome, type Refusal } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import type { LinkingLock } from '../account/linking-lock.js';
import type { StepUp } from '../step-up.js';
import { linkName } from './link-name.js';
import { atTime } from './link-party.js';
import type { LinkQuota } from './link-quota.js';
import { CANNOT_LINK, CODE_EXPIRED, CODE_UNKNOWN, CODE_USED, NOT_LISTED, OUT_OF_TURN } from './link-refusals.js';

type ClaimReverseRequest = z.output<typeof ClaimReverseLinkSessionRequest>;

export interface LinkClaimsParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'devices' | 'linkSessions'>;
  readonly quota: LinkQuota;
  readonly stepUp: StepUp;
  readonly linkingLock: LinkingLock;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/** What a claim asks for: who claims which code, and the first message of the handshake. */
interface Claim {
  readonly token: Bytes;
  readonly message: Bytes;
  readonly displayedBy: LinkSession['displayedBy'];
  readonly by: { readonly claimantHash: Bytes } | { readonly authorised: DeviceAddress };
}

/** Uses codes up: of any number of devices that claim one code, at any number of processes, one wins (SPEC §11.3). */
export class LinkClaims {
  readonly #parts: LinkClaimsParts;

  constructor(parts: LinkClaimsParts) {
    this.#parts = parts;
  }

  /** By a new device, which has scanned or typed the code of an authorised one. */
  async claim(request: ClaimLinkSessionRequest, address: string): Promise<Outcome<LinkSessionOpened>> {
    const limit = await this.#parts.limiter.take('linkClaim', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const { token, message, claimantHash } = request;
    return this.#claim({ token, message, displayedBy: 'authorised', by: { claimantHash } });
  }

  /** By an authorised device, which has scanned the code of a new one: from here on it counts as one that the device began. */
  async claimReverse(caller: DeviceCaller, request: ClaimReverseRequest): Promise<Outcome<LinkSessionOpened>> {
    const { storage, limiter, stepUp } = this.#parts;
    const limit = await limiter.take('linkCreate', caller.deviceId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const refusal =
      (await stepUp.check(caller, request.stepUpToken)) ?? (await this.#parts.linkingLock.check(caller.accountId));
    if (refusal !== undefined) return refusal;
    const device = await storage.devices.find(caller);
    if (device === undefined) return NOT_LISTED;
    if (device.linkKey === undefined) return CANNOT_LINK;
    const { token, message } = request;
    const authorised = { accountId: caller.accountId, deviceId: caller.deviceId };
    return this.#claim({ token, message, displayedBy: 'new', by: { authorised } });
  }

  /**
   * Hands on that somebody who holds the code says it was meant for him. The last to say so stands there: a thief who has claimed
   * the code first could otherwise send a false MAC, and nobody would hear the right one.
   */
  async contest(token: Bytes, mac: Bytes, address: string): Promise<Outcome<Record<string, never>>> {
    const { storage, limiter, clock, notifier } = this.#parts;
    const limit = await limiter.take('linkClaim', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const id = sessionIdOf(token);
    const refusal = await storage.transactions.run<Refusal | undefined>(async () => {
      const found = await storage.linkSessions.lock(id);
      if (found === undefined || !isSame(found.token, token)) return CODE_UNKNOWN;
      const session = atTime(found, clock());
      if (session.state === 'ended') return codeRefusal(session);
      if (session.state === 'open') return OUT_OF_TURN;
      const isKnown = session.contestMac !== undefined && isSame(session.contestMac, mac);
      if (!isKnown) await storage.linkSessions.change(session, { contestMac: mac });
      return undefined;
    });
    if (refusal !== undefined) return refusal;
    notifier.linkChanged(linkName(id));
    return done({});
  }

  async #claim(claim: Claim): Promise<Outcome<LinkSessionOpened>> {
    const { storage, clock, notifier } = this.#parts;
    const id = sessionIdOf(claim.token);
    const now = clock();
    const claimed = await storage.transactions.run<Outcome<LinkSession>>(async () => {
      if ('authorised' in claim.by) await storage.accounts.lock(claim.by.authorised.accountId);
      const session = await storage.linkSessions.lock(id);
      if (session?.displayedBy !== claim.displayedBy || !isSame(session.token, claim.token)) return CODE_UNKNOWN;
      return this.#take(atTime(session, now), claim, now);
    });
    if (claimed.type === 'refused') return claimed;
    notifier.linkChanged(linkName(id));
    const { expiresAt } = claimed.value;
    return done({ linkSessionId: id, expiresAt, serverTime: now });
  }

  /** The session is locked: whoever comes here first finds it open. */
  async #take(session: LinkSession, claim: Claim, now: UnixMs): Promise<Outcome<LinkSession>> {
    const { linkSessions } = this.#parts.storage;
    if (session.state !== 'open') return (await this.#isRepeat(session, claim)) ? done(session) : codeRefusal(session);
    if ('authorised' in claim.by) {
      const full = await this.#parts.quota.check(claim.by.authorised.accountId, now, { isRenewal: false });
      if (full !== undefined) return full;
    }
    const expiresAt = claimedUntil(session, now);
    await linkSessions.change(
      session,
      { ...claim.by, state: 'claimed', expiresAt },
      { number: 1, body: claim.message },
    );
    return done({ ...session, expiresAt });
  }

  /** The same claim again, its answer lost on the way, while the link is still going on. */
  async #isRepeat(session: LinkSession, { message, by }: Claim): Promise<boolean> {
    if (session.state !== 'claimed' && session.state !== 'approved') return false;
    const isSameDevice =
      'claimantHash' in by
        ? session.claimantHash !== undefined && isSame(session.claimantHash, by.claimantHash)
        : session.authorised?.deviceId === by.authorised.deviceId;
    if (!isSameDevice) return false;
    const [first] = await this.#parts.storage.linkSessions.messages(session.linkSessionId);
    return first !== undefined && isSame(first.body, message);
  }
}

const isSame = (left: Bytes, right: Bytes): boolean => constantTimeEqual<Bytes>(left, right);

/** Of whatever bytes: what is no token has a name that no session has. */
const sessionIdOf = (token: Bytes): Bytes => new Uint8Array(linkSessionIdOf(LinkTokenBytes.of(token)));

const claimedUntil = ({ createdAt }: LinkSession, now: UnixMs): UnixMs => {
  const [claimed, whole] = [laterBy(now, LIFETIMES.linkClaimedMs), laterBy(createdAt, LIFETIMES.linkSessionMs)];
  return claimed < whole ? claimed : whole;
};

/** A code that nobody ever claimed has expired, for whatever reason; any other is used up. */
const codeRefusal = (session: LinkSession): Refusal => {
  const wasClaimed =
    session.displayedBy === 'authorised' ? session.claimantHash !== undefined : session.authorised !== undefined;
  return session.state === 'ended' && !wasClaimed ? CODE_EXPIRED : CODE_USED;
};
