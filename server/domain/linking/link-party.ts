import { createHash } from 'node:crypto';
import { constantTimeEqual } from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '../../storage/bytes.js';
import type { LinkSession } from '../../storage/link-session-repository.js';
import type { DeviceCaller } from '../access-tokens.js';
import { done, type Outcome } from '../outcome.js';
import { EITHER, NO_SESSION, WHO } from './link-refusals.js';

/** The two ends of a link. */
export type LinkParty = 'authorised' | 'new';

/** How a caller says which of them it is. */
export interface LinkCredentials {
  readonly caller: DeviceCaller | undefined;
  readonly claimant: Bytes | undefined;
}

/** What the server keeps of a claimant (SPEC §11.3). */
const claimantHashOf = (claimant: Bytes): Bytes => new Uint8Array(createHash('sha256').update(claimant).digest());

/** A session without a claimant yet is compared with this all the same, so that it takes no other time. */
const NOBODY = new Uint8Array(32);

const isClaimant = (session: LinkSession | undefined, claimant: Bytes): boolean =>
  constantTimeEqual<Bytes>(claimantHashOf(claimant), session?.claimantHash ?? NOBODY);

const isAuthorised = (session: LinkSession | undefined, caller: DeviceCaller): boolean =>
  session?.authorised?.accountId === caller.accountId && session.authorised.deviceId === caller.deviceId;

/** Which end of the session is calling. Whoever is neither learns nothing, not even whether the session exists. */
export const partyOf = (
  session: LinkSession | undefined,
  { caller, claimant }: LinkCredentials,
): Outcome<{ readonly session: LinkSession; readonly party: LinkParty }> => {
  if (caller === undefined && claimant === undefined) return WHO;
  if (caller !== undefined && claimant !== undefined) return EITHER;
  const isNew = claimant !== undefined && isClaimant(session, claimant);
  const isOwn = caller !== undefined && isAuthorised(session, caller);
  return session !== undefined && (isNew || isOwn)
    ? done({ session, party: isNew ? 'new' : 'authorised' })
    : NO_SESSION;
};

/** As anybody has to see it: a session whose time is over has ended, though no sweep has come by yet. */
export const atTime = (session: LinkSession, now: UnixMs): LinkSession => {
  const isOver = session.state !== 'activated' && session.state !== 'ended' && session.expiresAt <= now;
  return isOver ? { ...session, state: 'ended', endReason: 'expired' } : session;
};
