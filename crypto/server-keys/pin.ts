import { sha256 } from '../backend/noble.js';
import { constantTimeEqual } from '../constant-time.js';
import { fingerprintText, TrustRootPublicKey, type FingerprintText } from '../keys.js';
import {
  parseServerKeys,
  verifyServerKeys,
  type ServerKeys,
  type ServerKeysRefusal,
  type SignedServerKeys,
  type UntrustedServerKeys,
} from './server-keys.js';

/** What an end holds a server to: the trust root of the first contact and the newest keys that it signed. */
export interface ServerPin {
  readonly trustRoot: TrustRootPublicKey;
  readonly signed: SignedServerKeys;
  readonly keys: ServerKeys;
}

/** A server's trust root and keys as they come from outside. */
export interface UntrustedServer {
  readonly trustRoot: Uint8Array;
  readonly keys: UntrustedServerKeys;
}

export type PinVerdict =
  | { readonly outcome: 'pinned'; readonly pin: ServerPin }
  /** Another root: another server, or one that lost its root. Only a person who compares fingerprints can tell. */
  | { readonly outcome: 'rootChanged'; readonly fingerprint: FingerprintText }
  /** Keys that were replaced are offered again. */
  | { readonly outcome: 'refused'; readonly reason: ServerKeysRefusal | 'rolledBack' | 'twoOfOneVersion' };

/** SHA-256 of the trust root in groups of four hex digits: what people compare when they ask which server this is. */
export const trustRootFingerprint = (trustRoot: TrustRootPublicKey): FingerprintText =>
  fingerprintText(
    Array.from(sha256(trustRoot), (byte) => byte.toString(16).padStart(2, '0'))
      .join('')
      .replace(/(.{4})(?=.)/g, '$1 '),
  );

const isPinned = (pin: ServerPin, trustRoot: TrustRootPublicKey): boolean =>
  constantTimeEqual(pin.trustRoot, trustRoot);

/**
 * Holds a server to its pin (SPEC §3.6): the same root always, the version never lower. Without a pin, the first contact,
 * whatever verifies under its own root is pinned; the fingerprint is for people to compare.
 */
export const pinServer = (pin: ServerPin | undefined, untrusted: UntrustedServer): PinVerdict => {
  const trustRoot = TrustRootPublicKey.parse(untrusted.trustRoot);
  if (trustRoot === undefined) return { outcome: 'refused', reason: 'malformed' };
  if (pin !== undefined && !isPinned(pin, trustRoot))
    return { outcome: 'rootChanged', fingerprint: trustRootFingerprint(trustRoot) };
  const verdict = verifyServerKeys(trustRoot, untrusted.keys);
  if (verdict.outcome === 'refused') return verdict;
  const { keys, signed } = verdict;
  if (pin !== undefined && keys.version < pin.keys.version) return { outcome: 'refused', reason: 'rolledBack' };
  if (pin?.keys.version === keys.version)
    return constantTimeEqual(signed.bytes, pin.signed.bytes)
      ? { outcome: 'pinned', pin }
      : { outcome: 'refused', reason: 'twoOfOneVersion' };
  return { outcome: 'pinned', pin: { trustRoot, signed, keys } };
};

/** Takes up a pin that this end made earlier and kept. Throws if the storage is damaged. */
export const restorePin = (kept: {
  readonly trustRoot: TrustRootPublicKey;
  readonly signed: SignedServerKeys;
}): ServerPin => {
  const keys = parseServerKeys(kept.signed.bytes);
  if (keys === undefined) throw new Error('The stored server keys are damaged.');
  return { ...kept, keys };
};
