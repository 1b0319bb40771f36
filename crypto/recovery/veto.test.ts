import { describe, expect, it } from '@jest/globals';
import { verifyNextList } from '../identity/list-rules.js';
import { Ed25519Signature, HeldRequestHash } from '../keys.js';
import { flippedBits } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { offer, RULES, testAccount, testDevice } from '../testing/test-account.js';
import { signVeto, verifyVeto, type Veto } from './veto.js';

const random = seededRandomForTesting('veto');
const alice = testAccount('alice');
const { account, first } = alice;
const tablet = testDevice(account.accountId, 'tablet', { canLink: false });
const stranger = testDevice(account.accountId, 'stranger');
const list = alice.next(alice.head, { entries: [first.entry, tablet.entry] });
const verdict = verifyNextList(alice.head, offer(list, tablet), RULES);
if (verdict.outcome === 'refused') throw new Error(`The list should be valid, not: ${verdict.reason}.`);
const { head } = verdict;

const veto: Veto = {
  accountId: account.accountId,
  deviceId: account.device.deviceId,
  requestHash: HeldRequestHash.of(random.bytes(32)),
};
const signature = signVeto(account.device.linkKey, veto);

describe('a veto', () => {
  it('by the link key of an active device is valid', () => {
    expect(verifyVeto(head, veto, signature)).toEqual({ outcome: 'valid' });
  });

  it.each([
    ['foreignAccount', { ...veto, accountId: testAccount('mallory').account.accountId }, account.device.linkKey],
    ['deviceNotListed', { ...veto, deviceId: stranger.keys.deviceId }, stranger.keys.linkKey],
    ['deviceCannotLink', { ...veto, deviceId: tablet.keys.deviceId }, tablet.keys.linkKey],
    ['badSignature', veto, stranger.keys.linkKey],
  ])('is refused: %s', (reason, changed, linkKey) => {
    expect(verifyVeto(head, changed, signVeto(linkKey, changed))).toEqual({ outcome: 'refused', reason });
  });

  it('stops one request and no other', () => {
    const other = { ...veto, requestHash: HeldRequestHash.of(random.bytes(32)) };
    expect(verifyVeto(head, other, signature)).toEqual({ outcome: 'refused', reason: 'badSignature' });
  });

  it('is refused with any bit of the signature flipped', () => {
    for (const { bytes } of flippedBits(signature))
      expect(verifyVeto(head, veto, Ed25519Signature.of(bytes)).outcome).toBe('refused');
  });
});
