import { readFileSync } from 'node:fs';
import { parseAccountId, parseDeviceId } from '@sotto/protocol/ids';
import { describe, expect, it, jest } from '@jest/globals';
import { openArchive, type OpenArchive } from '../archive/archive-header.js';
import { ArchiveReader } from '../archive/archive-reader.js';
import {
  BACKUP_HEADER_MOST_BYTES,
  readBackupHeader,
  unlockBackupWithPassphrase,
  unlockBackupWithRecoveryKey,
} from '../archive/backup-header.js';
import { BackupReader } from '../archive/backup-reader.js';
import { verifyRootChange } from '../identity/root-change.js';
import { restoreHead } from '../identity/verified-head.js';
import {
  AccessKeyVerifier,
  AccountIdentityKey,
  AuthenticationSecret,
  CertificateHash,
  Ed25519Signature,
  HeldRequestHash,
  HistoryKey,
  ListHash,
  RecoveryAuthenticationHash,
  RecoveryBlobHash,
  RecoveryPublicKey,
  RecoverySeed,
  RefreshTokenHash,
  SignInChallenge,
  StorageKey,
  StorageRecordBytes,
  StretchSalt,
  XEdDsaSignature,
} from '../keys.js';
import { parsePassword } from '../password/password.js';
import { deriveRecoveryBlobAccess, recoveryFetchVerifier } from '../recovery/blob-access.js';
import { openRecoveryBlob } from '../recovery/recovery-blob.js';
import { encodeRecoveryKey, parseRecoveryKey, recoveryKeyQrText } from '../recovery/recovery-key.js';
import {
  recoveryAuthenticationHash,
  recoveryRequestHash,
  verifyRecoveryRequest,
} from '../recovery/recovery-request.js';
import { verifyVeto } from '../recovery/veto.js';
import { storageRecordHash } from '../storage-record/storage-record-form.js';
import { openStorageRecord } from '../storage-record/storage-record.js';
import type { ArchiveAndBackupVectors, Change } from './testing/archive-vectors.js';
import { fromHex, toHex } from './testing/hex.js';
import type { RecoveryVectors } from './testing/recovery-vectors.js';

const load = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'));

// Stretching is expensive on purpose, and more so on a machine with other work.
jest.setTimeout(60_000);

/** What a verdict comes to: its reason where it has one. */
const saysOf = (verdict: { readonly outcome: string; readonly reason?: string }): string =>
  verdict.reason ?? verdict.outcome;

describe('recovery.json', () => {
  const vectors = load('recovery') as RecoveryVectors;
  const seed = RecoverySeed.of(fromHex(vectors.recoverySeed));
  const head = restoreHead({
    root: {
      accountIdentityKey: AccountIdentityKey.of(fromHex(vectors.head.accountIdentityKey)),
      recoveryPublicKey: RecoveryPublicKey.of(fromHex(vectors.head.recoveryPublicKey)),
    },
    list: fromHex(vectors.head.list),
    certificates: vectors.head.certificates.map(fromHex),
  });

  it.each(vectors.recoveryKeys)('recovery key $text', ({ seed: bytes, text, qrText }) => {
    const each = RecoverySeed.of(fromHex(bytes));
    expect(encodeRecoveryKey(each)).toBe(text);
    expect(recoveryKeyQrText(each)).toBe(qrText);
  });

  it.each(vectors.typedKeys)('recovery key, $expected: $name', (vector) => {
    const verdict = parseRecoveryKey(vector.typed);
    expect(verdict.outcome).toBe(vector.expected);
    if (verdict.outcome === 'valid') expect(vector).toMatchObject({ seed: toHex(verdict.seed.unwrap()) });
    if (verdict.outcome === 'damaged') expect('group' in vector ? vector.group : undefined).toBe(verdict.group);
  });

  it.each(vectors.access)('way to blob $blobId', (vector) => {
    const { blobId, fetchSecret } = deriveRecoveryBlobAccess(RecoverySeed.of(fromHex(vector.seed)));
    expect(toHex(blobId)).toBe(vector.blobId);
    expect(toHex(fetchSecret.unwrap())).toBe(vector.fetchSecret);
    expect(toHex(recoveryFetchVerifier(fetchSecret))).toBe(vector.verifier);
  });

  it.each(vectors.blobs)('blob, $expected: $name', ({ name: _, bytes, signature, expected, ...keys }) => {
    const verdict = openRecoveryBlob(seed, head, { bytes: fromHex(bytes), signature: fromHex(signature) });
    expect(saysOf(verdict)).toBe(expected);
    if (verdict.outcome === 'refused') return;
    const { storageKey, profileKey, historyKey } = verdict.keys;
    expect({
      storageKey: toHex(storageKey.unwrap()),
      profileKey: toHex(profileKey.unwrap()),
      ...(historyKey === undefined ? {} : { historyKey: toHex(historyKey.unwrap()) }),
    }).toEqual(keys);
  });

  it.each(vectors.requests)('recovery request $requestHash', (vector) => {
    const request = {
      accountId: parseAccountId(vector.accountId)!,
      challenge: SignInChallenge.of(fromHex(vector.challenge)),
      listHash: ListHash.of(fromHex(vector.listHash)),
      certificateHash: CertificateHash.of(fromHex(vector.certificateHash)),
      authenticationHash: RecoveryAuthenticationHash.of(fromHex(vector.authenticationHash)),
      accessKeyVerifier: AccessKeyVerifier.of(fromHex(vector.accessKeyVerifier)),
      refreshTokenHash: RefreshTokenHash.of(fromHex(vector.refreshTokenHash)),
      blobHash: RecoveryBlobHash.of(fromHex(vector.blobHash)),
      provesPassword: vector.provesPassword,
    };
    const stretchedWith = { salt: StretchSalt.of(fromHex(vector.salt)), cost: vector.cost };
    const secret = AuthenticationSecret.of(fromHex(vector.authenticationSecret));
    expect(toHex(recoveryAuthenticationHash(secret, stretchedWith))).toBe(vector.authenticationHash);
    expect(toHex(recoveryRequestHash(request))).toBe(vector.requestHash);
    const signature = XEdDsaSignature.of(fromHex(vector.signature));
    const key = head.root.accountIdentityKey;
    expect(verifyRecoveryRequest(key, request, signature)).toBe(true);
    expect(verifyRecoveryRequest(key, { ...request, provesPassword: !request.provesPassword }, signature)).toBe(false);
  });

  it.each(vectors.vetoes)('veto, $expected: $name', (vector) => {
    const veto = {
      accountId: parseAccountId(vector.accountId)!,
      deviceId: parseDeviceId(vector.deviceId)!,
      requestHash: HeldRequestHash.of(fromHex(vector.requestHash)),
    };
    expect(saysOf(verifyVeto(head, veto, Ed25519Signature.of(fromHex(vector.signature))))).toBe(vector.expected);
  });

  it.each(vectors.rootChanges)('change of root, $expected: $name', (vector) => {
    const verdict = verifyRootChange(head, {
      bytes: fromHex(vector.bytes),
      newRootSignature: fromHex(vector.newRootSignature),
      signerSignature: fromHex(vector.signerSignature),
    });
    expect(saysOf(verdict)).toBe(vector.expected);
  });

  it.each(vectors.storageRecords)('storage record, $expected: $name', (vector) => {
    const record = fromHex(vector.record);
    const expected = { accountId: parseAccountId(vector.accountId)!, leastVersion: vector.leastVersion };
    const verdict = openStorageRecord(StorageKey.of(fromHex(vector.storageKey)), expected, record);
    expect(saysOf(verdict)).toBe(vector.expected);
    if (verdict.outcome === 'refused') return;
    const hash = toHex(storageRecordHash(StorageRecordBytes.of(record)));
    expect(vector).toMatchObject({ plaintext: toHex(verdict.plaintext), hash });
  });
});

describe('archive.json', () => {
  const { archive: vectors, backup } = load('archive') as ArchiveAndBackupVectors;
  const historyKey = HistoryKey.of(fromHex(vectors.historyKey));
  const changed = (bytes: Uint8Array, change: Change | undefined) =>
    change === undefined ? bytes : bytes.with(change.at, (bytes.at(change.at) ?? 0) ^ change.xor);

  const opened = (): OpenArchive => {
    const verdict = openArchive(historyKey, fromHex(vectors.header));
    if (verdict.outcome === 'refused') throw new Error(`The archive should open, not: ${verdict.reason}.`);
    return verdict.archive;
  };

  it('has a header that says what it should', () => {
    const { archiveId, accountId, createdAt } = opened();
    expect([toHex(archiveId), accountId, createdAt]).toEqual([vectors.archiveId, vectors.accountId, vectors.createdAt]);
    expect(saysOf(openArchive(HistoryKey.of(fromHex(vectors.otherKey)), fromHex(vectors.header)))).toBe('wrongKey');
  });

  it.each(vectors.headerCases)('header, $expected: $name', ({ header, expected }) => {
    expect(saysOf(openArchive(historyKey, fromHex(header)))).toBe(expected);
  });

  it('has segments with these records and digests', () => {
    const reader = new ArchiveReader(opened());
    for (const [index, segment] of vectors.segments.entries()) {
      const verdict = reader.read(fromHex(segment));
      if (verdict.outcome === 'refused') throw new Error(`The segment should open, not: ${verdict.reason}.`);
      expect(verdict.records.map(toHex)).toEqual([vectors.records[index]]);
      expect(toHex(reader.position.digest)).toBe(vectors.digests[index]);
    }
  });

  it.each(vectors.cases)('segments, $expected: $name', ({ order, change, cut, expected }) => {
    const reader = new ArchiveReader(opened());
    const numbers = order.split(' ').map(Number);
    const verdicts = numbers.map((number, index) => {
      const segment = fromHex(vectors.segments[number] ?? '');
      const isLast = index === numbers.length - 1;
      return saysOf(reader.read(isLast ? changed(segment, change).subarray(0, cut) : segment));
    });
    const ending = reader.isComplete ? 'complete' : 'incomplete';
    expect(verdicts.at(-1) === 'opened' ? ending : verdicts.at(-1)).toBe(expected);
  });

  it('has a backup file that both of its keys unlock', async () => {
    const verdict = readBackupHeader(fromHex(backup.file).subarray(0, BACKUP_HEADER_MOST_BYTES));
    if (verdict.outcome === 'refused') throw new Error(`The header should be read, not: ${verdict.reason}.`);
    const byPassphrase = await unlockBackupWithPassphrase(verdict.header, parsePassword(backup.passphrase)!);
    const bySeed = unlockBackupWithRecoveryKey(verdict.header, RecoverySeed.of(fromHex(backup.recoverySeed)));
    expect(byPassphrase.outcome).toBe('unlocked');
    expect(byPassphrase).toEqual(bySeed);
  });

  it.each(backup.cases)('backup file, $expected: $name', ({ change, cut, longer, expected, damagedAt }) => {
    const whole = changed(fromHex(backup.file), change).subarray(0, cut);
    const file = longer === true ? Uint8Array.from([...whole, 0]) : whole;
    const verdict = readBackupHeader(file.subarray(0, BACKUP_HEADER_MOST_BYTES));
    if (verdict.outcome === 'refused') {
      expect(verdict.reason).toBe(expected);
      return;
    }
    const { header } = verdict;
    const unlocked = unlockBackupWithRecoveryKey(header, RecoverySeed.of(fromHex(backup.recoverySeed)));
    if (unlocked.outcome === 'refused') throw new Error(`The file should unlock, not: ${unlocked.reason}.`);
    const reader = new BackupReader(header, unlocked.archive);
    const parts = reader.read(file.subarray(header.length));
    expect(reader.finish()).toBe(expected);
    expect(parts.find((part) => part.outcome === 'damaged')?.at).toBe(damagedAt);
    const records = parts.flatMap((part) => (part.outcome === 'records' ? part.records.map(toHex) : []));
    if (expected === 'complete') expect(records).toEqual(backup.records);
  });
});
