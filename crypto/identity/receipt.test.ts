import { describe, expect, it } from '@jest/globals';
import { ed25519PublicKey } from '../backend/libsodium.js';
import { ListHash, ReceiptKey, ReceiptPublicKey } from '../keys.js';
import { acceptedCorruptions, flippedBits } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { at, NOW, testAccount } from '../testing/test-account.js';
import { issueReceipt, verifyReceipt } from './receipt.js';

const random = seededRandomForTesting('receipts');
const receiptKey = ReceiptKey.generate(random);
const publicKey = ReceiptPublicKey.of(ed25519PublicKey(receiptKey.unwrap()));
const { account, head } = testAccount('receipts');
const { account: other } = testAccount('somebody else');
const place = { epoch: 3, number: 4, hash: head.hash };
const receipt = issueReceipt(receiptKey, account.accountId, place, NOW);

describe('a receipt', () => {
  it('verifies for what it was issued for', () => {
    expect(verifyReceipt(publicKey, account.accountId, place, receipt)).toBe(true);
  });

  it('does not verify for another account, place, hash or time', () => {
    expect(verifyReceipt(publicKey, other.accountId, place, receipt)).toBe(false);
    expect(verifyReceipt(publicKey, account.accountId, { ...place, epoch: 4 }, receipt)).toBe(false);
    expect(verifyReceipt(publicKey, account.accountId, { ...place, number: 3 }, receipt)).toBe(false);
    expect(verifyReceipt(publicKey, account.accountId, place, { ...receipt, time: at(NOW + 1) })).toBe(false);
    for (const { bytes } of flippedBits(place.hash))
      expect(verifyReceipt(publicKey, account.accountId, { ...place, hash: ListHash.of(bytes) }, receipt)).toBe(false);
  });

  it('does not verify with any flipped bit or cut of its signature', () => {
    const accepted = acceptedCorruptions(receipt.signature, (signature) =>
      verifyReceipt(publicKey, account.accountId, place, { ...receipt, signature }),
    );
    expect(accepted).toEqual([]);
  });

  it('does not verify under another key', () => {
    const foreign = ReceiptPublicKey.of(ed25519PublicKey(ReceiptKey.generate(random).unwrap()));
    expect(verifyReceipt(foreign, account.accountId, place, receipt)).toBe(false);
  });
});
