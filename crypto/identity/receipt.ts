import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import { ed25519Sign, ed25519Verify } from '../backend/libsodium.js';
import { CanonicalWriter } from '../bytes.js';
import { Ed25519Signature, type Bytes, type ReceiptKey, type ReceiptPublicKey } from '../keys.js';
import { LABELS } from '../labels.js';
import type { ListPlace } from './device-list.js';

/** The server's word that a list became an account's head (SPEC §3.4). Two for one place prove that the server lied. */
export interface ListReceipt {
  readonly time: UnixMs;
  readonly signature: Ed25519Signature;
}

/** The same as it comes from outside. */
export interface UntrustedReceipt {
  readonly time: UnixMs;
  readonly signature: Uint8Array;
}

const receiptBytes = (accountId: AccountId, place: ListPlace, time: UnixMs): Bytes =>
  new CanonicalWriter(LABELS.listReceipt)
    .id(accountId)
    .u64(place.epoch)
    .u32(place.number)
    .fixed(place.hash)
    .u64(time)
    .finish();

/** Signs that `place` is the head of the account. For the server, after its compare-and-set has won. */
export const issueReceipt = (
  receiptKey: ReceiptKey,
  accountId: AccountId,
  place: ListPlace,
  time: UnixMs,
): ListReceipt => ({
  time,
  signature: Ed25519Signature.of(ed25519Sign(receiptKey.unwrap(), receiptBytes(accountId, place, time))),
});

/** Did the server with this receipt key take the list at `place` as the account's head at the time that is named? */
export const verifyReceipt = (
  receiptKey: ReceiptPublicKey,
  accountId: AccountId,
  place: ListPlace,
  receipt: UntrustedReceipt,
): boolean => {
  const signature = Ed25519Signature.parse(receipt.signature);
  return signature !== undefined && ed25519Verify(receiptKey, receiptBytes(accountId, place, receipt.time), signature);
};
