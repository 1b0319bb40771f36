import type { DeviceId } from '@sotto/protocol/ids';
import { deviceIdOf } from '../identity/device-id.js';
import { IdentityPublicKey, parseRegistrationId, type RegistrationId } from '../keys.js';
import {
  parseOneTimePreKey,
  verifyKyberPreKey,
  verifySignedPreKey,
  type OneTimePreKey,
  type PreKeyFault,
  type PublicKyberPreKey,
  type SignedPreKey,
  type UntrustedPreKey,
  type UntrustedSignedPreKey,
} from './public-prekeys.js';

/** A bundle as the server hands it out. */
export interface UntrustedPreKeyBundle {
  readonly registrationId: number;
  readonly identityKey: Uint8Array;
  readonly signedPreKey: UntrustedSignedPreKey;
  readonly kyberPreKey: UntrustedSignedPreKey;
  /** Absent when the device has run out of them. */
  readonly oneTimePreKey?: UntrustedPreKey | undefined;
}

/** `foreignIdentity`: the identity key is not the one that the device id is the hash of. */
export type BundleVerdict =
  | { readonly outcome: 'verified'; readonly bundle: PreKeyBundle }
  | { readonly outcome: 'refused'; readonly reason: PreKeyFault | 'foreignIdentity' };

interface BundleParts {
  readonly deviceId: DeviceId;
  readonly registrationId: RegistrationId;
  readonly identityKey: IdentityPublicKey;
  readonly signedPreKey: SignedPreKey;
  readonly kyberPreKey: PublicKyberPreKey;
  readonly oneTimePreKey: OneTimePreKey | undefined;
}

/** What a session is begun from (SPEC §5.2). Only {@link PreKeyBundle.verify} makes one: none is used unverified. */
export class PreKeyBundle {
  readonly deviceId: DeviceId;
  readonly registrationId: RegistrationId;
  readonly identityKey: IdentityPublicKey;
  readonly signedPreKey: SignedPreKey;
  readonly kyberPreKey: PublicKyberPreKey;
  readonly oneTimePreKey: OneTimePreKey | undefined;

  private constructor(parts: BundleParts) {
    this.deviceId = parts.deviceId;
    this.registrationId = parts.registrationId;
    this.identityKey = parts.identityKey;
    this.signedPreKey = parts.signedPreKey;
    this.kyberPreKey = parts.kyberPreKey;
    this.oneTimePreKey = parts.oneTimePreKey;
  }

  /** Verifies a claimed bundle against the device that it was claimed for, which its account's verified list names. */
  static verify(deviceId: DeviceId, claimed: UntrustedPreKeyBundle): BundleVerdict {
    const identityKey = IdentityPublicKey.parse(claimed.identityKey);
    const registrationId = parseRegistrationId(claimed.registrationId);
    if (identityKey === undefined || registrationId === undefined) return { outcome: 'refused', reason: 'malformed' };
    if (deviceIdOf(identityKey) !== deviceId) return { outcome: 'refused', reason: 'foreignIdentity' };
    const signedPreKey = verifySignedPreKey(identityKey, claimed.signedPreKey);
    if (typeof signedPreKey === 'string') return { outcome: 'refused', reason: signedPreKey };
    const kyberPreKey = verifyKyberPreKey(identityKey, claimed.kyberPreKey);
    if (typeof kyberPreKey === 'string') return { outcome: 'refused', reason: kyberPreKey };
    const oneTimePreKey = claimed.oneTimePreKey && parseOneTimePreKey(claimed.oneTimePreKey);
    if (typeof oneTimePreKey === 'string') return { outcome: 'refused', reason: oneTimePreKey };
    const parts = { deviceId, registrationId, identityKey, signedPreKey, kyberPreKey, oneTimePreKey };
    return { outcome: 'verified', bundle: new PreKeyBundle(parts) };
  }
}
