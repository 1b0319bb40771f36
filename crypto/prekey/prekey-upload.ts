import type { IdentityPublicKey, PreKeyId } from '../keys.js';
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

/** Prekeys that a device publishes. */
export interface UntrustedPreKeyUpload {
  readonly signedPreKey?: UntrustedSignedPreKey | undefined;
  readonly lastResortKyberPreKey?: UntrustedSignedPreKey | undefined;
  readonly oneTimePreKeys: readonly UntrustedPreKey[];
  readonly oneTimeKyberPreKeys: readonly UntrustedSignedPreKey[];
}

/** The same, each verified. */
export interface PreKeyUpload {
  readonly signedPreKey: SignedPreKey | undefined;
  readonly lastResortKyberPreKey: PublicKyberPreKey | undefined;
  readonly oneTimePreKeys: readonly OneTimePreKey[];
  readonly oneTimeKyberPreKeys: readonly PublicKyberPreKey[];
}

/** `repeatedId`: two keys of one kind share an id, so one of them could never be used. */
export type UploadVerdict =
  | { readonly outcome: 'verified'; readonly preKeys: PreKeyUpload }
  | { readonly outcome: 'refused'; readonly reason: PreKeyFault | 'repeatedId' };

const isFault = (verdict: object | PreKeyFault): verdict is PreKeyFault => typeof verdict === 'string';

const allOf = <Key extends object>(verdicts: readonly (Key | PreKeyFault)[]): readonly Key[] | PreKeyFault =>
  verdicts.find(isFault) ?? verdicts.filter((verdict) => !isFault(verdict));

const asList = <Key>(key: Key | undefined): readonly Key[] => (key === undefined ? [] : [key]);

const areDistinct = (keys: readonly { readonly id: PreKeyId }[]): boolean =>
  new Set(keys.map(({ id }) => id)).size === keys.length;

/**
 * Verifies an upload under the identity key of the device that makes it (SPEC §5.2): a device does so before it uploads,
 * the server before it stores. A bundle that nobody could use would leave the device unreachable.
 */
export const verifyPreKeyUpload = (identityKey: IdentityPublicKey, upload: UntrustedPreKeyUpload): UploadVerdict => {
  const verifyKyber = (key: UntrustedSignedPreKey) => verifyKyberPreKey(identityKey, key);
  const signed = allOf(asList(upload.signedPreKey).map((key) => verifySignedPreKey(identityKey, key)));
  const lastResort = allOf(asList(upload.lastResortKyberPreKey).map(verifyKyber));
  const oneTime = allOf(upload.oneTimePreKeys.map(parseOneTimePreKey));
  const oneTimeKyber = allOf(upload.oneTimeKyberPreKeys.map(verifyKyber));
  if (isFault(signed)) return { outcome: 'refused', reason: signed };
  if (isFault(lastResort)) return { outcome: 'refused', reason: lastResort };
  if (isFault(oneTime)) return { outcome: 'refused', reason: oneTime };
  if (isFault(oneTimeKyber)) return { outcome: 'refused', reason: oneTimeKyber };
  if (!areDistinct(oneTime) || !areDistinct([...oneTimeKyber, ...lastResort])) {
    return { outcome: 'refused', reason: 'repeatedId' };
  }
  const preKeys = {
    signedPreKey: signed[0],
    lastResortKyberPreKey: lastResort[0],
    oneTimePreKeys: oneTime,
    oneTimeKyberPreKeys: oneTimeKyber,
  };
  return { outcome: 'verified', preKeys };
};
