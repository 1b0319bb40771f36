import { describe, expect, it } from '@jest/globals';
import { deriveAccountRoot } from '../identity/account-root.js';
import { RecoverySeed, type Bytes } from '../keys.js';
import { LABELS } from '../labels.js';
import { sampled } from '../testing/scale.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { openRecoveryBox, RECOVERY_BOX_OVERHEAD, sealRecoveryBox } from './recovery-box.js';

const random = seededRandomForTesting('recovery box');
const seed = RecoverySeed.generate(random);
const { recoveryPublicKey } = deriveAccountRoot(seed);
const prefix = random.bytes(9);
const plaintext = random.bytes(33);
const label = LABELS.recoveryBlobKey;
const box = sealRecoveryBox(recoveryPublicKey, label, { prefix, plaintext, random });
const open = (changed: Bytes, prefixLength = prefix.length) =>
  openRecoveryBox(seed, label, { box: changed, prefixLength });

describe('a recovery box', () => {
  it('opens for the seed, and begins with its prefix', () => {
    expect(open(box)).toEqual(plaintext);
    expect(box.slice(0, prefix.length)).toEqual(prefix);
    expect(box).toHaveLength(prefix.length + plaintext.length + RECOVERY_BOX_OVERHEAD);
  });

  it('opens for no other seed, under no other label, with no other length of prefix', () => {
    const sealed = { box, prefixLength: prefix.length };
    expect(openRecoveryBox(RecoverySeed.generate(random), label, sealed)).toBeUndefined();
    expect(openRecoveryBox(seed, LABELS.backupRecoveryKey, sealed)).toBeUndefined();
    for (const prefixLength of [0, 8, 10]) expect(open(box, prefixLength)).toBeUndefined();
  });

  it('does not open changed or cut', () => {
    for (const at of sampled(box.length, 120)) {
      expect(open(box.with(at, (box.at(at) ?? 0) ^ 0x20))).toBeUndefined();
      expect(open(box.slice(0, at))).toBeUndefined();
    }
  });

  it('does not open with the public values of another box: neither secret alone is enough', () => {
    const other = sealRecoveryBox(recoveryPublicKey, label, { prefix, plaintext, random });
    const splice = (from: number, to: number): Bytes => {
      const spliced = new Uint8Array(box);
      spliced.set(other.subarray(prefix.length + from, prefix.length + to), prefix.length + from);
      return spliced;
    };
    expect(open(splice(0, 32))).toBeUndefined();
    expect(open(splice(32, 1_120))).toBeUndefined();
    expect(open(splice(1_120, other.length))).toBeUndefined();
  });
});
