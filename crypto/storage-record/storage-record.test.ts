import { describe, expect, it } from '@jest/globals';
import { xchacha20Poly1305Encrypt } from '../backend/libsodium.js';
import { hkdfSha256 } from '../backend/noble.js';
import { concatenate, labelBytes } from '../bytes.js';
import { Plaintext, StorageKey, StorageRecordBytes } from '../keys.js';
import { LABELS } from '../labels.js';
import { counted, sampled, TEST_SEED } from '../testing/scale.js';
import { SeededChoice } from '../testing/seeded-choice.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { testAccount } from '../testing/test-account.js';
import { encodeStorageRecordFrame, parseStorageRecord, storageRecordHash } from './storage-record-form.js';
import { openStorageRecord, sealStorageRecord } from './storage-record.js';

const random = seededRandomForTesting('storage record');
const choice = new SeededChoice(TEST_SEED);
const { accountId } = testAccount('alice').account;
const stranger = testAccount('mallory').account.accountId;
const key = StorageKey.generate(random);
const plaintext = Plaintext.of(random.bytes(5_000));
const seal = (version: number, content = plaintext) =>
  sealStorageRecord(key, { accountId, version }, { plaintext: content, random });
const record = seal(12);
const FRAME = 'sotto/storage-record/1'.length + 16 + 8;

const outcome = (bytes: Uint8Array, expected = { accountId, leastVersion: 0 }, under = key): string => {
  const verdict = openStorageRecord(under, expected, bytes);
  return verdict.outcome === 'opened' ? 'opened' : verdict.reason;
};

describe('a storage record', () => {
  it('gives back what was sealed, and its version', () => {
    expect(openStorageRecord(key, { accountId, leastVersion: 12 }, record)).toEqual({
      outcome: 'opened',
      version: 12,
      plaintext,
    });
    expect(parseStorageRecord(record)).toEqual({ accountId, version: 12 });
  });

  it('comes back at any length, in steps of 4 KiB', () => {
    const lengths = [1, 4_094, 4_095, 4_096, 4_097, 8_191, 8_192, 900_000];
    for (let round = 0; round < counted(2_000); round += 1) lengths.push(1 + choice.below(20_000));
    for (const length of lengths) {
      const content = Plaintext.of(new Uint8Array(length).fill(choice.below(256)));
      const bytes = seal(1, content);
      expect((bytes.length - FRAME - 24 - 16) % 4_096).toBe(0);
      expect(openStorageRecord(key, { accountId, leastVersion: 0 }, bytes)).toEqual({
        outcome: 'opened',
        version: 1,
        plaintext: content,
      });
    }
  });

  it.each([
    ['wrongKey', record, { accountId, leastVersion: 0 }, StorageKey.generate(random)],
    ['foreignAccount', record, { accountId: stranger, leastVersion: 0 }, key],
    ['rollback', record, { accountId, leastVersion: 13 }, key],
    ['newerVersion', record.with('sotto/storage-record/'.length, 0x32), { accountId, leastVersion: 0 }, key],
    ['malformed', new Uint8Array(0), { accountId, leastVersion: 0 }, key],
    ['malformed', record.subarray(0, FRAME + 40), { accountId, leastVersion: 0 }, key],
  ])('is refused: %s', (reason, bytes, expected, under) => {
    expect(outcome(bytes, expected, under)).toBe(reason);
  });

  it('cannot be passed off as another version or as the record of another account', () => {
    const later = concatenate(encodeStorageRecordFrame({ accountId, version: 13 }), record.subarray(FRAME));
    expect(outcome(later, { accountId, leastVersion: 13 })).toBe('wrongKey');
    const foreign = concatenate(encodeStorageRecordFrame({ accountId: stranger, version: 12 }), record.subarray(FRAME));
    expect(outcome(foreign, { accountId: stranger, leastVersion: 0 })).toBe('wrongKey');
  });

  it('is refused with bits flipped and at any other length', () => {
    for (const at of sampled(record.length, 500)) {
      const changed = new Uint8Array(record);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(outcome(changed)).not.toBe('opened');
      expect(outcome(record.subarray(0, at))).not.toBe('opened');
    }
    expect(outcome(Uint8Array.from([...record, 0]))).toBe('malformed');
  });

  it('is refused when its padding is not the one', () => {
    const padded = (change: (bytes: Uint8Array<ArrayBuffer>) => void, length = 4_096) => {
      const bytes = new Uint8Array(length);
      change(bytes);
      const frame = encodeStorageRecordFrame({ accountId, version: 1 });
      const nonce = random.bytes(24);
      const recordKey = hkdfSha256(key.unwrap(), { info: labelBytes(LABELS.storageRecordKey), length: 32 });
      return outcome(concatenate(frame, nonce, xchacha20Poly1305Encrypt(recordKey, nonce, bytes, frame)));
    };
    expect(padded((bytes) => bytes.set([7, 0x80]))).toBe('opened');
    expect(padded((bytes) => bytes.set([0x80], 4_095))).toBe('opened');
    expect(padded(() => undefined)).toBe('wrongKey');
    expect(padded((bytes) => bytes.set([0x80]))).toBe('wrongKey');
    expect(padded((bytes) => bytes.set([7, 0x80, 1]))).toBe('wrongKey');
    expect(padded((bytes) => bytes.set([7, 0x80]), 8_192)).toBe('wrongKey');
  });

  it('has a hash of its own', () => {
    expect(storageRecordHash(record)).not.toEqual(storageRecordHash(seal(12)));
    expect(storageRecordHash(record)).toEqual(storageRecordHash(StorageRecordBytes.of(record)));
  });
});
