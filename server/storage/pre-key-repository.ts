import type { Bytes } from './bytes.js';
import type { DeviceAddress } from './device-repository.js';

export interface OneTimePreKey {
  readonly id: number;
  readonly publicKey: Bytes;
}

/** A signed or a Kyber prekey. */
export interface SignedPreKey extends OneTimePreKey {
  readonly signature: Bytes;
}

export interface PreKeyUpload {
  /** Replaces the present one. */
  readonly signedPreKey: SignedPreKey | undefined;
  /** Replaces the present one. */
  readonly lastResortKyberPreKey: SignedPreKey | undefined;
  readonly oneTimePreKeys: readonly OneTimePreKey[];
  readonly oneTimeKyberPreKeys: readonly SignedPreKey[];
}

export interface PreKeyCounts {
  readonly oneTimePreKeys: number;
  readonly oneTimeKyberPreKeys: number;
}

export type PublishOutcome =
  | { readonly type: 'published'; readonly counts: PreKeyCounts }
  /** More than `mostPerKind` one-time keys of a kind would be stored. Nothing was stored. */
  | { readonly type: 'tooMany'; readonly counts: PreKeyCounts }
  /** A one-time key with an id that is stored already, or twice in the upload. Nothing was stored. */
  | { readonly type: 'duplicateKeyId' }
  | { readonly type: 'unknownDevice' };

/** One claimed set: what a bundle adds to the device's own keys. */
export interface ClaimedPreKeys {
  readonly signedPreKey: SignedPreKey;
  readonly kyberPreKey: SignedPreKey;
  /** True: the last-resort key, which others got too. */
  readonly kyberIsLastResort: boolean;
  readonly oneTimePreKey: OneTimePreKey | undefined;
}

export interface PreKeyRepository {
  publish(address: DeviceAddress, upload: PreKeyUpload, mostPerKind: number): Promise<PublishOutcome>;
  /** Forgets every prekey of a device that is about to publish a whole new set. */
  clear(address: DeviceAddress): Promise<void>;
  counts(address: DeviceAddress): Promise<PreKeyCounts>;
  /**
   * Takes one key of each kind; each one-time key is given out once only. `lastResortOnly` takes no one-time keys (the
   * caller has claimed too often). Undefined for a device that is gone or has not published its signed keys.
   */
  claim(address: DeviceAddress, kinds: 'oneTime' | 'lastResortOnly'): Promise<ClaimedPreKeys | undefined>;
  /** Deletes the one-time keys of every device: after a restored backup they may have been given out before. */
  purgeOneTimePreKeys(): Promise<void>;
}
