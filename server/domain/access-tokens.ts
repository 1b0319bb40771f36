import type { KeyObject } from 'node:crypto';
import { parseAccountId, parseDeviceId, type AccountId } from '@sotto/protocol/ids';
import { LIFETIMES } from '@sotto/protocol/wire';
import type { JWTPayload } from 'jose';
import type { DeviceAddress } from '../storage/device-repository.js';
import type { Clock } from './clock.js';
import { SignedJwt } from './signed-jwt.js';

/** Who holds an access token. `account` comes from a password alone and opens the account pages only. */
export type Caller =
  ({ readonly scope: 'device' } & DeviceAddress) | { readonly scope: 'account'; readonly accountId: AccountId };

export type DeviceCaller = Extract<Caller, { scope: 'device' }>;

export type TokenVerdict =
  { readonly type: 'valid'; readonly caller: Caller } | { readonly type: 'expired' } | { readonly type: 'invalid' };

const KIND = {
  type: 'at+jwt',
  audience: 'sotto-api',
  lifetimeMs: LIFETIMES.accessTokenMs,
  claims: ['scope'],
};

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
  readonly #jwt: SignedJwt;

  constructor(privateKey: KeyObject, clock: Clock) {
    this.#jwt = new SignedJwt(privateKey, clock, KIND);
  }

  issue(caller: Caller): Promise<string> {
    return this.#jwt.issue(caller.accountId, {
      scope: caller.scope,
      ...(caller.scope === 'device' ? { device: caller.deviceId } : {}),
    });
  }

  /** Never throws for a bad token. `expired` only where everything else about it is right. */
  async verify(token: string): Promise<TokenVerdict> {
    const verdict = await this.#jwt.verify(token);
    if (verdict.type !== 'valid') return verdict;
    const caller = callerOf(verdict.payload);
    return caller === undefined ? INVALID : { type: 'valid', caller };
  }
}
