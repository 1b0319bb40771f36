import { DeviceSigningKey, hashRefreshToken, RefreshToken, signRefreshProof, type RandomSource } from '@sotto/crypto';
import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes, ErrorCode, TokenGrant } from '@sotto/protocol/wire';
import type { OwnStanding } from '../devices/types.js';
import { later, type Clock } from '../net/clock.js';
import type { AnonymousApi, Refused } from '../net/types.js';
import type { ServerTime } from './server-time.js';
import { isGrantFor } from './token-grant.js';
import type { Turns } from './turns.js';
import type { AccessTokenResult, AccessTokens, AccountRecord, AccountStore, StoredTokens } from './types.js';

/** A token is renewed this long before its end, so that a call that is slow to arrive still finds it good. */
const AHEAD_MS = 60_000;
/** No server of this protocol gives a longer life; one that says so would only hide that it had ended. */
const LIFETIME_MOST_MS = 3_600_000;

/** The family of this device's tokens is over: only the password begins another. */
const ENDED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['unauthorized', 'refreshTokenReused', 'tokenExpired']);

export interface DeviceTokensParts {
  readonly accounts: AccountStore;
  /** Over the connections that show who is calling. */
  readonly api: AnonymousApi;
  readonly standing: OwnStanding;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly serverTime: ServerTime;
  /** Shared with everything else that writes tokens. */
  readonly turns: Turns;
}

/**
 * The tokens of this device. A refresh token is good for one exchange, so the one that replaces it is made here and stored
 * *before* it is asked for: after a lost answer or a crash the same exchange is asked for again, and the server repeats itself.
 */
export class DeviceTokens implements AccessTokens {
  readonly #parts: DeviceTokensParts;
  #access: { readonly token: string; readonly goodUntil: UnixMs } | undefined;
  #refreshing: Promise<AccessTokenResult> | undefined;

  constructor(parts: DeviceTokensParts) {
    this.#parts = parts;
  }

  async get(refused?: string): Promise<AccessTokenResult> {
    if (!this.#parts.standing.isListed) return { outcome: 'unlinked' };
    const access = this.#access;
    if (access !== undefined && access.token !== refused && this.#parts.clock.now() < access.goodUntil) {
      return { outcome: 'ok', value: access.token };
    }
    this.#refreshing ??= this.#parts.turns
      .take(() => this.#refresh())
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  /** Takes up a grant that a sign-in has brought. */
  accept(grant: TokenGrant): void {
    const { clock, serverTime } = this.#parts;
    const lifetimeMs = Math.min(grant.accessTokenLifetimeMs, LIFETIME_MOST_MS);
    this.#access = { token: grant.accessToken, goodUntil: later(clock.now(), lifetimeMs - AHEAD_MS) };
    serverTime.observe(grant.serverTime);
  }

  /** Forgets the access token; the refresh token is the account record's. */
  forget(): void {
    this.#access = undefined;
  }

  async #refresh(): Promise<AccessTokenResult> {
    const { accounts, api } = this.#parts;
    this.forget();
    const record = accounts.find();
    if (record?.tokens === undefined) return { outcome: 'signedOut' };
    const refreshToken = record.tokens.refreshToken;
    const next = record.tokens.nextRefreshToken ?? this.#storeNext(refreshToken);
    const answer = await api.call('refresh', { body: this.#request(record, refreshToken, next) });
    if (answer.outcome === 'refused') return this.#refused(answer);
    if (answer.outcome === 'away') return answer;
    if (!isGrantFor(record, answer.value)) return { outcome: 'away', reason: 'notSotto' };
    this.#save({ refreshToken: next, nextRefreshToken: undefined });
    this.accept(answer.value);
    return { outcome: 'ok', value: answer.value.accessToken };
  }

  #storeNext(refreshToken: Bytes): Bytes {
    const secret = RefreshToken.generate(this.#parts.random);
    const nextRefreshToken = new Uint8Array(secret.unwrap());
    secret.purge();
    this.#save({ refreshToken, nextRefreshToken });
    return nextRefreshToken;
  }

  #request({ accountId, deviceId, keys }: AccountRecord, refreshToken: Bytes, next: Bytes) {
    const [presented, following] = [RefreshToken.of(refreshToken), RefreshToken.of(next)];
    const signingKey = DeviceSigningKey.of(keys.deviceSigningKey);
    const nextRefreshTokenHash = hashRefreshToken(following);
    const refreshTokenHash = hashRefreshToken(presented);
    const signature = signRefreshProof(signingKey, { accountId, deviceId, refreshTokenHash, nextRefreshTokenHash });
    for (const secret of [presented, following, signingKey]) secret.purge();
    return { accountId, deviceId, refreshToken, nextRefreshTokenHash, signature };
  }

  async #refused(refusal: Refused): Promise<AccessTokenResult> {
    const { standing } = this.#parts;
    if (ENDED.has(refusal.code)) return this.#end();
    if (refusal.code !== 'deviceNotListed') return refusal;
    if (!(await standing.check())) return { outcome: 'unlinked' };
    // An account that was deleted has no list that could say so. Nothing here is touched but the tokens.
    return standing.isDisowned ? this.#end() : refusal;
  }

  #end(): AccessTokenResult {
    this.#save(undefined);
    return { outcome: 'signedOut' };
  }

  /** The record as it is now: other parts of it may have changed while the server was asked. */
  #save(tokens: StoredTokens | undefined): void {
    const { accounts } = this.#parts;
    const record = accounts.find();
    if (record !== undefined) accounts.save({ ...record, tokens });
  }
}
