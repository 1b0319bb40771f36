import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import type { DeviceAddress } from './device-repository.js';

/** A new family of refresh tokens: the first token of a sign-in, by its hash. */
export interface NewRefreshTokenFamily extends DeviceAddress {
  readonly tokenHash: Bytes;
  readonly issuedAt: UnixMs;
  readonly expiresAt: UnixMs;
}

export interface TokenRotation extends DeviceAddress {
  readonly presentedHash: Bytes;
  /** Hash of the token that the client made as the next one. */
  readonly nextHash: Bytes;
  readonly now: UnixMs;
  readonly expiresAt: UnixMs;
}

export type StartFamilyOutcome =
  | { readonly type: 'started' }
  /** Other devices hold the greatest allowed number of live families. */
  | { readonly type: 'tooManyFamilies' }
  | { readonly type: 'unknownDevice' };

export type RotateOutcome =
  | { readonly type: 'rotated' }
  /** The same exchange again, after a lost answer: nothing changed. */
  | { readonly type: 'repeated' }
  /** A spent or foreign token: the family is dead now. */
  | { readonly type: 'reused' }
  | { readonly type: 'expired' }
  | { readonly type: 'revoked' }
  | { readonly type: 'unknown' };

export interface RefreshTokenRepository {
  /** Starts a family; one a device, so an earlier one of this device ends. Expired and revoked families do not count. */
  start(family: NewRefreshTokenFamily, mostFamilies: number): Promise<StartFamilyOutcome>;
  /**
   * Exchanges the token. Call only after the device's signature over the request has verified: any unknown token kills the
   * family, which must not be in a stranger's power.
   */
  rotate(rotation: TokenRotation): Promise<RotateOutcome>;
  /** Whether the device has a family that is neither ended, revoked nor expired: whether it is signed in. */
  isLive(address: DeviceAddress, now: UnixMs): Promise<boolean>;
  /** Ends the family of one device. Idempotent. */
  end(address: DeviceAddress): Promise<void>;
  /** Ends all families of an account. */
  endAll(accountId: AccountId): Promise<void>;
}
