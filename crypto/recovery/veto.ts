import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { ed25519Sign, ed25519Verify } from '../backend/libsodium.js';
import { CanonicalWriter } from '../bytes.js';
import type { VerifiedHead } from '../identity/verified-head.js';
import { Ed25519Signature, type Bytes, type HeldRequestHash, type LinkKey } from '../keys.js';
import { LABELS } from '../labels.js';

/** A device's no to a recovery or a change of root that waits (SPEC §12.5). */
export interface Veto {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  /** The request that is stopped, and no other. */
  readonly requestHash: HeldRequestHash;
}

export type VetoVerdict =
  | { readonly outcome: 'valid' }
  | {
      readonly outcome: 'refused';
      /** A device without a link key, or an unlinked one, cannot keep its owner from coming back. */
      readonly reason: 'foreignAccount' | 'deviceNotListed' | 'deviceCannotLink' | 'badSignature';
    };

const vetoBytes = (veto: Veto): Bytes =>
  new CanonicalWriter(LABELS.veto).id(veto.accountId).id(veto.deviceId).fixed(veto.requestHash).finish();

/** Signs a veto with the link key, which the password opens: whoever finds an unlocked device cannot veto. */
export const signVeto = (linkKey: LinkKey, veto: Veto): Ed25519Signature =>
  Ed25519Signature.of(ed25519Sign(linkKey.unwrap(), vetoBytes(veto)));

/** Did an active, link-capable device of `head` say no to exactly this request? */
export const verifyVeto = (head: VerifiedHead, veto: Veto, signature: Ed25519Signature): VetoVerdict => {
  if (veto.accountId !== head.accountId) return { outcome: 'refused', reason: 'foreignAccount' };
  const device = head.findDevice(veto.deviceId);
  if (device === undefined) return { outcome: 'refused', reason: 'deviceNotListed' };
  if (device.linkKey === undefined) return { outcome: 'refused', reason: 'deviceCannotLink' };
  return ed25519Verify(device.linkKey, vetoBytes(veto), signature)
    ? { outcome: 'valid' }
    : { outcome: 'refused', reason: 'badSignature' };
};
