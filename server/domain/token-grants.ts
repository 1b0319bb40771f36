import type { UnixMs, Username } from '@sotto/protocol/ids';
import { LIFETIMES, type TokenGrant } from '@sotto/protocol/wire';
import type { AccessTokens, Caller } from './access-tokens.js';
import { laterBy, type Clock } from './clock.js';

/** A device that does not come by for so long has to sign in again. Each refresh starts it anew. */
const REFRESH_TOKEN_MS = 90 * 24 * 3_600_000;

export const refreshTokenExpiry = (now: UnixMs): UnixMs => laterBy(now, REFRESH_TOKEN_MS);

/** What a client gets for having shown who it is. */
export class TokenGrants {
  readonly #tokens: AccessTokens;
  readonly #clock: Clock;

  constructor(tokens: AccessTokens, clock: Clock) {
    this.#tokens = tokens;
    this.#clock = clock;
  }

  async grant(caller: Caller, username: Username): Promise<TokenGrant> {
    return {
      accountId: caller.accountId,
      username,
      scope: caller.scope,
      accessToken: await this.#tokens.issue(caller),
      accessTokenLifetimeMs: LIFETIMES.accessTokenMs,
      serverTime: this.#clock(),
    };
  }
}
