import {
  DeviceSigningPublicKey,
  Ed25519Signature,
  hashRefreshToken,
  RefreshToken,
  RefreshTokenHash,
  verifyRefreshProof,
} from '@sotto/crypto/server';
import type { RefreshRequest, TokenGrant } from '@sotto/protocol/wire';
import type { Log } from '../log.js';
import type { Notifier } from '../notifier/notifier.js';
import type { AccountRepository } from '../storage/account-repository.js';
import type { DeviceAddress, DeviceRepository } from '../storage/device-repository.js';
import type { RefreshTokenRepository } from '../storage/refresh-token-repository.js';
import type { Clock } from './clock.js';
import { done, refuse, type Outcome } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';
import { refreshTokenExpiry, type TokenGrants } from './token-grants.js';

const NOT_LISTED = refuse('deviceNotListed', 'This device is not on the device list of its account.');
const BAD_PROOF = refuse('invalidSignature', 'The signature of the device does not cover this refresh.');
const REUSED = refuse(
  'refreshTokenReused',
  'This refresh token was used before, so somebody may have a copy of it: the device is signed out. Sign in again.',
);
const ENDED = refuse('unauthorized', 'This device is signed out. Sign in again.');

export interface TokenRefreshParts {
  readonly accounts: AccountRepository;
  readonly devices: DeviceRepository;
  readonly refreshTokens: RefreshTokenRepository;
  readonly grants: TokenGrants;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps devices signed in: each refresh token is good for one exchange, and only together with its device's signature (SPEC §4.4). */
export class TokenRefresh {
  readonly #parts: TokenRefreshParts;

  constructor(parts: TokenRefreshParts) {
    this.#parts = parts;
  }

  async refresh(request: RefreshRequest, address: string): Promise<Outcome<TokenGrant>> {
    const { accountId, deviceId } = request;
    const { accounts, devices, limiter } = this.#parts;
    const limit = await limiter.take('refresh', `${address} ${deviceId}`);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const device = await devices.find({ accountId, deviceId });
    const account = await accounts.find(accountId);
    if (device === undefined || account === undefined) return NOT_LISTED;
    const proof = {
      accountId,
      deviceId,
      refreshTokenHash: hashRefreshToken(RefreshToken.of(request.refreshToken)),
      nextRefreshTokenHash: RefreshTokenHash.of(request.nextRefreshTokenHash),
    };
    // Before the token is looked at: a wrong token ends the family, which must not be in a stranger's power.
    const signature = Ed25519Signature.of(request.signature);
    if (!verifyRefreshProof(DeviceSigningPublicKey.of(device.signingKey), proof, signature)) return BAD_PROOF;
    const refusal = await this.#rotate({ accountId, deviceId }, proof);
    if (refusal.type === 'refused') return refusal;
    return done(await this.#parts.grants.grant({ scope: 'device', accountId, deviceId }, account.username));
  }

  /** Ends the tokens of one device, and closes its sockets. */
  async signOut(device: DeviceAddress): Promise<void> {
    const { refreshTokens, notifier } = this.#parts;
    await refreshTokens.end(device);
    notifier.ended(device.deviceId);
  }

  async #rotate(
    device: DeviceAddress,
    { refreshTokenHash, nextRefreshTokenHash }: Record<'refreshTokenHash' | 'nextRefreshTokenHash', RefreshTokenHash>,
  ): Promise<Outcome<undefined>> {
    const { refreshTokens, notifier, clock, log } = this.#parts;
    const now = clock();
    const rotated = await refreshTokens.rotate({
      ...device,
      presentedHash: refreshTokenHash,
      nextHash: nextRefreshTokenHash,
      now,
      expiresAt: refreshTokenExpiry(now),
    });
    switch (rotated.type) {
      case 'rotated':
      case 'repeated':
        return done(undefined);
      case 'reused':
        log.warn('tokens.reused');
        notifier.ended(device.deviceId);
        return REUSED;
      case 'expired':
      case 'revoked':
      case 'unknown':
        return ENDED;
    }
  }
}
