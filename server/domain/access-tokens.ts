import { createPublicKey, type KeyObject } from 'node:crypto';
import { parseAccountId, parseDeviceId, type AccountId } from '@sotto/protocol/ids';
import { LIFETIMES } from '@sotto/protocol/wire';
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import type { DeviceAddress } from '../storage/device-repository.js';
import type { Clock } from './clock.js';

/** Who holds an access token. `account` comes from a password alone and opens the account pages only. */
export type Caller =
  ({ readonly scope: 'device' } & DeviceAddress) | { readonly scope: 'account'; readonly accountId: AccountId };

export type DeviceCaller = Extract<Caller, { scope: 'device' }>;

export type TokenVerdict =
  { readonly type: 'valid'; readonly caller: Caller } | { readonly type: 'expired' } | { readonly type: 'invalid' };

// Fixed, never taken from the token: a token cannot choose how it is checked.
const ALGORITHM = 'EdDSA';
const TYPE = 'at+jwt';
const ISSUER = 'sotto-server';
const AUDIENCE = 'sotto-api';
const CLOCK_TOLERANCE_S = 5;
const LIFETIME_S = LIFETIMES.accessTokenMs / 1_000;
const CLAIMS = ['sub', 'scope', 'iat', 'exp'];

const INVALID: TokenVerdict = { type: 'invalid' };

const callerOf = ({ sub, scope, device }: JWTPayload): Caller | undefined => {
  const accountId = parseAccountId(sub);
  if (accountId === undefined) return undefined;
  if (scope === 'account' && device === undefined) return { scope, accountId };
  const deviceId = parseDeviceId(device);
  return scope === 'device' && deviceId !== undefined ? { scope, accountId, deviceId } : undefined;
};

/** Short-lived EdDSA JWTs that say which account, and which of its devices, is calling (SPEC §4.3). */
export class AccessTokens {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #clock: Clock;

  constructor(privateKey: KeyObject, clock: Clock) {
    this.#privateKey = privateKey;
    this.#publicKey = createPublicKey(privateKey);
    this.#clock = clock;
  }

  issue(caller: Caller): Promise<string> {
    const issuedAt = Math.floor(this.#clock() / 1_000);
    return new SignJWT({
      scope: caller.scope,
      ...(caller.scope === 'device' ? { device: caller.deviceId } : {}),
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(caller.accountId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFETIME_S)
      .sign(this.#privateKey);
  }

  /** Never throws for a bad token. `expired` only where everything else about it is right. */
  async verify(token: string): Promise<TokenVerdict> {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: CLAIMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        // Also refuses tokens from the future, and a longer life than this server gives.
        maxTokenAge: LIFETIME_S,
        currentDate: new Date(this.#clock()),
      }));
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { type: 'expired' };
      if (error instanceof errors.JOSEError) return INVALID;
      throw error;
    }
    const caller = callerOf(payload);
    return caller === undefined ? INVALID : { type: 'valid', caller };
  }
}
