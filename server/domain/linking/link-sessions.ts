import {
  DeviceSigningPublicKey,
  parseLinkToken,
  verifyLinkToken,
  type OfferToken,
  type RequestToken,
} from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import {
  LIFETIMES,
  type Bytes,
  type CreateLinkSessionRequest,
  type CreateReverseLinkSessionRequest,
  type LinkSessionOpened,
} from '@sotto/protocol/wire';
import type { z } from 'zod';
import type { Notifier } from '../../notifier/notifier.js';
import type { LinkSession } from '../../storage/link-session-repository.js';
import type { Storage } from '../../storage/storage.js';
import type { DeviceCaller } from '../access-tokens.js';
import { laterBy, type Clock } from '../clock.js';
import { done, refuse, type Outcome, type Refusal } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import type { LinkingLock } from '../account/linking-lock.js';
import type { StepUp } from '../step-up.js';
import { linkName } from './link-name.js';
import type { LinkQuota } from './link-quota.js';
import { badToken, CANNOT_LINK, CODE_UNKNOWN, NOT_LISTED, OUT_OF_TURN, REVERSE_OFF } from './link-refusals.js';

type CreateRequest = z.output<typeof CreateLinkSessionRequest>;
type CreateReverseRequest = z.output<typeof CreateReverseLinkSessionRequest>;

const RENEWED_TOO_OFTEN = refuse('stepUpRequired', 'This code was renewed as often as it may be. Begin a new link.');
const FLOODED = refuse('serverBusy', 'Too many new devices wait for somebody who scans them. Try again soon.', 30_000);
/** Sessions of new devices that wait at once on the whole server: a flood finds the door closed, and those inside go on. */
const UNCLAIMED_MOST = 1_000;

export interface LinkSessionsParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'devices' | 'linkSessions'>;
  readonly quota: LinkQuota;
  readonly stepUp: StepUp;
  readonly linkingLock: LinkingLock;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly reverseLinking: 'off' | 'on';
}

/** What has been verified of a code that an authorised device wants to show. */
interface Offer {
  readonly token: OfferToken;
  readonly request: CreateRequest;
  readonly now: UnixMs;
}

/** Begins links: takes the tokens that devices show as codes, and gives out those that are typed (SPEC §11.2). */
export class LinkSessions {
  readonly #parts: LinkSessionsParts;

  constructor(parts: LinkSessionsParts) {
    this.#parts = parts;
  }

  /** By an authorised device, which will show the code. */
  async create(caller: DeviceCaller, request: CreateRequest): Promise<Outcome<LinkSessionOpened>> {
    const { storage, stepUp, limiter, clock } = this.#parts;
    const limit = await limiter.take('linkCreate', caller.deviceId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const refusal =
      (await stepUp.check(caller, request.stepUpToken)) ?? (await this.#parts.linkingLock.check(caller.accountId));
    if (refusal !== undefined) return refusal;
    const device = await storage.devices.find(caller);
    if (device === undefined) return NOT_LISTED;
    if (device.linkKey === undefined) return CANNOT_LINK;
    const parse = parseLinkToken(request.token);
    if (parse.outcome === 'refused') return badToken(parse.reason);
    if (parse.token.intent !== 'authorisedDisplays') return badToken('intent');
    const now = clock();
    const signingKey = DeviceSigningPublicKey.of(device.signingKey);
    const code = request.lookupId === undefined ? 'scanned' : 'typed';
    const verdict = verifyLinkToken(parse.token, { signingKey, now, code });
    if (verdict !== 'valid') return badToken(verdict);
    return this.#open(caller, { token: parse.token, request, now });
  }

  /** By a new device, which will show the code. Nobody vouches for it: limits go by address. */
  async createReverse(request: CreateReverseRequest, address: string): Promise<Outcome<LinkSessionOpened>> {
    const { storage, limiter, clock, reverseLinking } = this.#parts;
    if (reverseLinking === 'off') return REVERSE_OFF;
    const limit = await limiter.take('linkCreateReverse', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const parse = parseLinkToken(request.token);
    if (parse.outcome === 'refused') return badToken(parse.reason);
    if (parse.token.intent !== 'newDisplays') return badToken('intent');
    const now = clock();
    const verdict = verifyLinkToken(parse.token, { signingKey: parse.token.signingKey, now });
    if (verdict !== 'valid') return badToken(verdict);
    if ((await storage.linkSessions.countUnclaimed(now)) >= UNCLAIMED_MOST) return FLOODED;
    const expiresAt = openUntil(parse.token, now, LIFETIMES.linkOpenMs);
    const inserted = await storage.linkSessions.insert({
      linkSessionId: new Uint8Array(parse.token.sessionId),
      token: request.token,
      displayedBy: 'new',
      lookupId: undefined,
      authorised: undefined,
      claimantHash: request.claimantHash,
      renewals: 0,
      createdAt: now,
      expiresAt,
    });
    return inserted.type === 'exists' ? OUT_OF_TURN : done(openedAs(parse.token, expiresAt, now));
  }

  /** The token of a code that is typed, for the first who asks. */
  async lookUp(lookupId: Bytes, address: string): Promise<Outcome<{ token: Bytes; serverTime: UnixMs }>> {
    const { storage, limiter, clock } = this.#parts;
    const limit = await limiter.take('linkClaim', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const now = clock();
    const token = await storage.linkSessions.takeToken(lookupId, now);
    return token === undefined ? CODE_UNKNOWN : done({ token, serverTime: now });
  }

  async #open(caller: DeviceCaller, offer: Offer): Promise<Outcome<LinkSessionOpened>> {
    const { storage, notifier } = this.#parts;
    const { token, request, now } = offer;
    const openMs = request.lookupId === undefined ? LIFETIMES.linkOpenMs : LIFETIMES.linkOpenTypedMs;
    const expiresAt = openUntil(token, now, openMs);
    const refusal = await storage.transactions.run<Refusal | undefined>(async (abandon) => {
      // Whoever begins a link, is unlinked or commits a list comes one after the other: what is counted here holds.
      await storage.accounts.lock(caller.accountId);
      if ((await storage.devices.find(caller)) === undefined) return abandon(NOT_LISTED);
      const replaced = await this.#replace(caller, request.replaces);
      if (replaced.type === 'refused') return abandon(replaced);
      const full = await this.#parts.quota.check(caller.accountId, now, { isRenewal: replaced.value > 0 });
      if (full !== undefined) return abandon(full);
      const inserted = await storage.linkSessions.insert({
        linkSessionId: new Uint8Array(token.sessionId),
        token: request.token,
        displayedBy: 'authorised',
        lookupId: request.lookupId,
        authorised: { accountId: caller.accountId, deviceId: caller.deviceId },
        claimantHash: undefined,
        renewals: replaced.value,
        createdAt: now,
        expiresAt,
      });
      return inserted.type === 'exists' ? abandon(badToken('shown before')) : undefined;
    });
    if (refusal !== undefined) return refusal;
    if (request.replaces !== undefined) notifier.linkChanged(linkName(request.replaces));
    return done(openedAs(token, expiresAt, now));
  }

  /**
   * Ends the own session that nobody has claimed, and answers how often its code has been renewed with this time; 0 where
   * none is replaced. A session that was claimed a moment ago goes on: a timer must not end a link under way.
   */
  async #replace(caller: DeviceCaller, replaces: Bytes | undefined): Promise<Outcome<number>> {
    if (replaces === undefined) return done(0);
    const { linkSessions } = this.#parts.storage;
    const session = await linkSessions.lock(replaces);
    if (session === undefined || !isOwn(session, caller)) return OUT_OF_TURN;
    const isUnclaimed = session.state === 'open' || session.endReason === 'expired';
    if (!isUnclaimed || session.claimantHash !== undefined) return OUT_OF_TURN;
    if (session.renewals >= LIFETIMES.linkRenewals) return RENEWED_TOO_OFTEN;
    await linkSessions.change(session, { state: 'ended', endReason: 'replaced' });
    return done(session.renewals + 1);
  }
}

const isOwn = ({ authorised }: LinkSession, caller: DeviceCaller): boolean =>
  authorised?.accountId === caller.accountId && authorised.deviceId === caller.deviceId;

/** By the server's clock, and never beyond what the token itself says. */
const openUntil = (token: OfferToken | RequestToken, now: UnixMs, openMs: number): UnixMs => {
  const latest = laterBy(now, openMs);
  return token.expiresAt < latest ? token.expiresAt : latest;
};

const openedAs = (token: OfferToken | RequestToken, expiresAt: UnixMs, serverTime: UnixMs): LinkSessionOpened => ({
  linkSessionId: new Uint8Array(token.sessionId),
  expiresAt,
  serverTime,
});
