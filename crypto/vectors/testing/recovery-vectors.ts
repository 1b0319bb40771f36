import { signRootChange, rootChangeHash, type SignedRootChange } from '../../identity/root-change.js';
import type { VerifiedHead } from '../../identity/verified-head.js';
import {
  AccessKeyVerifier,
  AuthenticationSecret,
  CertificateHash,
  HeldRequestHash,
  HistoryKey,
  LinkKey,
  ListHash,
  Plaintext,
  RecoveryBlobHash,
  RecoverySeed,
  RefreshTokenHash,
  SignInChallenge,
  StorageKey,
  StretchSalt,
} from '../../keys.js';
import { deriveRecoveryBlobAccess, recoveryFetchVerifier } from '../../recovery/blob-access.js';
import { sealRecoveryBlob, type RecoveredKeys } from '../../recovery/recovery-blob.js';
import type { SignedRecoveryBlob } from '../../recovery/recovery-blob-form.js';
import { encodeRecoveryKey, recoveryKeyGroups, recoveryKeyQrText } from '../../recovery/recovery-key.js';
import {
  recoveryAuthenticationHash,
  recoveryRequestHash,
  signRecoveryRequest,
  type RecoveryRequest,
} from '../../recovery/recovery-request.js';
import { signVeto } from '../../recovery/veto.js';
import { seededRandomForTesting } from '../../testing/seeded-random.js';
import { testAccount, testDevice } from '../../testing/test-account.js';
import { sealStorageRecord } from '../../storage-record/storage-record.js';
import { storageRecordHash } from '../../storage-record/storage-record-form.js';
import { toHex } from './hex.js';

/** What of a file differs from the good one. */
const withByte = (bytes: Uint8Array, at: number): string => {
  const index = at < 0 ? bytes.length + at : at;
  return toHex(bytes.with(index, (bytes.at(index) ?? 0) ^ 1));
};

const random = seededRandomForTesting('vectors: recovery');
const { account, head, first } = testAccount('vectors: recovery');
const stranger = testAccount('vectors: recovery, another');
const seed = account.recoverySeed;

const headVector = (of: VerifiedHead) => ({
  accountIdentityKey: toHex(of.root.accountIdentityKey),
  recoveryPublicKey: toHex(of.root.recoveryPublicKey),
  list: toHex(of.bytes),
  certificates: of.devices.map((device) => toHex(device.bytes)),
});

const recoveryKeys = () => {
  const seeds = [new Uint8Array(32), new Uint8Array(32).fill(0xff), random.bytes(32), random.bytes(32)];
  return seeds.map((bytes) => {
    const each = RecoverySeed.of(bytes);
    return { seed: toHex(bytes), text: encodeRecoveryKey(each), qrText: recoveryKeyQrText(each) };
  });
};

const typedKeys = () => {
  const groups: readonly string[] = recoveryKeyGroups(seed);
  const text = groups.join('-');
  const other = (group: string): string => (group === 'ZZZZ' ? 'YYYY' : 'ZZZZ');
  const damaged = (index: number) => ({
    name: `another group ${index}`,
    typed: groups.map((group, at) => (at === index ? other(group) : group)).join('-'),
    expected: 'damaged',
    group: index,
  });
  return [
    {
      name: 'small letters, blanks',
      typed: ` ${text.toLowerCase().replaceAll('-', ' ')}`,
      expected: 'valid',
      seed: toHex(seed.unwrap()),
    },
    { name: 'no separators', typed: groups.join(''), expected: 'valid', seed: toHex(seed.unwrap()) },
    ...[0, 6, 12, 13, 14].map(damaged),
    { name: 'two groups swapped', typed: [groups[1], groups[0], ...groups.slice(2)].join('-'), expected: 'damaged' },
    { name: 'a character short', typed: groups.join('').slice(1), expected: 'damaged' },
    {
      name: 'a QR text of version 2',
      typed: recoveryKeyQrText(seed).replace('SRK1', 'SRK2'),
      expected: 'newerVersion',
    },
    { name: 'nothing', typed: '', expected: 'notARecoveryKey' },
    { name: 'zeros, whose checks are right', typed: '0'.repeat(60), expected: 'notARecoveryKey' },
  ];
};

const blobs = () => {
  const keys: RecoveredKeys = {
    storageKey: account.storageKey,
    profileKey: account.profileKey,
    historyKey: HistoryKey.generate(random),
  };
  const sealing = {
    accountId: account.accountId,
    root: account.root,
    place: head.place,
    storageRecordVersion: 41,
    signer: { deviceId: first.keys.deviceId, signingKey: first.keys.signingKey },
    random,
  };
  const hex = ({ bytes, signature }: SignedRecoveryBlob) => ({ bytes: toHex(bytes), signature: toHex(signature) });
  const good = sealRecoveryBlob(keys, sealing);
  const unlisted = testDevice(account.accountId, 'vectors: unlisted').keys;
  const opened = (some: RecoveredKeys) => ({
    expected: 'opened',
    storageKey: toHex(some.storageKey.unwrap()),
    profileKey: toHex(some.profileKey.unwrap()),
    ...(some.historyKey === undefined ? {} : { historyKey: toHex(some.historyKey.unwrap()) }),
  });
  const withoutHistory = { ...keys, historyKey: undefined };
  const versionAt = 'sotto/recovery-blob/'.length;
  return [
    { name: 'three keys', ...hex(good), ...opened(keys) },
    { name: 'no history key', ...hex(sealRecoveryBlob(withoutHistory, sealing)), ...opened(withoutHistory) },
    {
      name: 'sealed to another root, under the name of this one',
      ...hex(
        sealRecoveryBlob(keys, {
          ...sealing,
          root: { ...account.root, recoveryPublicKey: stranger.account.root.recoveryPublicKey },
        }),
      ),
      expected: 'foreignRoot',
    },
    {
      name: 'at another list',
      ...hex(sealRecoveryBlob(keys, { ...sealing, place: { ...head.place, number: 1 } })),
      expected: 'otherPlace',
    },
    {
      name: 'by a device that is not listed',
      ...hex(
        sealRecoveryBlob(keys, {
          ...sealing,
          signer: { deviceId: unlisted.deviceId, signingKey: unlisted.signingKey },
        }),
      ),
      expected: 'signerNotListed',
    },
    {
      name: 'of another account',
      ...hex(sealRecoveryBlob(keys, { ...sealing, accountId: stranger.account.accountId })),
      expected: 'foreignAccount',
    },
    { name: 'last byte changed', ...hex(good), bytes: withByte(good.bytes, -1), expected: 'badSignature' },
    { name: 'another signature', ...hex(good), signature: withByte(good.signature, 0), expected: 'badSignature' },
    { name: 'last byte missing', ...hex(good), bytes: toHex(good.bytes.subarray(0, -1)), expected: 'malformed' },
    { name: 'version 2', ...hex(good), bytes: toHex(good.bytes.with(versionAt, 0x32)), expected: 'newerVersion' },
  ];
};

const requests = () => {
  const authentication = {
    secret: AuthenticationSecret.generate(random),
    salt: StretchSalt.of(random.bytes(16)),
    cost: { memoryKiB: 65_536, iterations: 3, parallelism: 4 },
  };
  return [false, true].map((provesPassword) => {
    const request: RecoveryRequest = {
      accountId: account.accountId,
      challenge: SignInChallenge.of(random.bytes(40)),
      listHash: ListHash.of(random.bytes(32)),
      certificateHash: CertificateHash.of(random.bytes(32)),
      authenticationHash: recoveryAuthenticationHash(authentication.secret, authentication),
      accessKeyVerifier: AccessKeyVerifier.of(random.bytes(32)),
      refreshTokenHash: RefreshTokenHash.of(random.bytes(32)),
      blobHash: RecoveryBlobHash.of(random.bytes(32)),
      provesPassword,
    };
    return {
      accountId: request.accountId,
      challenge: toHex(request.challenge),
      listHash: toHex(request.listHash),
      certificateHash: toHex(request.certificateHash),
      authenticationSecret: toHex(authentication.secret.unwrap()),
      salt: toHex(authentication.salt),
      cost: authentication.cost,
      authenticationHash: toHex(request.authenticationHash),
      accessKeyVerifier: toHex(request.accessKeyVerifier),
      refreshTokenHash: toHex(request.refreshTokenHash),
      blobHash: toHex(request.blobHash),
      provesPassword,
      requestHash: toHex(recoveryRequestHash(request)),
      signature: toHex(signRecoveryRequest(seed, request)),
    };
  });
};

const vetoes = () => {
  const { deviceId, linkKey } = first.keys;
  const requestHash = HeldRequestHash.of(random.bytes(32));
  const good = { accountId: account.accountId, deviceId, requestHash };
  const signature = signVeto(linkKey, good);
  const vector = (name: string, expected: string, change: Record<string, string> = {}) => ({
    name,
    expected,
    accountId: account.accountId as string,
    deviceId: deviceId as string,
    requestHash: toHex(requestHash),
    signature: toHex(signature),
    ...change,
  });
  return [
    vector('by an active device', 'valid'),
    vector('for another account', 'foreignAccount', { accountId: stranger.account.accountId }),
    vector('by a device that is not listed', 'deviceNotListed', { deviceId: stranger.first.keys.deviceId }),
    vector('of another request', 'badSignature', { requestHash: withByte(requestHash, 0) }),
  ];
};

const rootChanges = () => {
  const newSeed = RecoverySeed.generate(random);
  const { accountId, root: oldRoot } = account;
  const { deviceId, linkKey } = first.keys;
  const byPaper = signRootChange(newSeed, { accountId, oldRoot, authority: { kind: 'recoverySeed', seed } });
  const byDevice = signRootChange(newSeed, { accountId, oldRoot, authority: { kind: 'linkKey', deviceId, linkKey } });
  const sign = (change: Partial<Parameters<typeof signRootChange>[1]>, under = newSeed) =>
    signRootChange(under, { accountId, oldRoot, authority: { kind: 'recoverySeed', seed }, ...change });
  const vector = (name: string, expected: string, change: SignedRootChange, bytes = toHex(change.bytes)) => ({
    name,
    expected,
    bytes,
    newRootSignature: toHex(change.newRootSignature),
    signerSignature: toHex(change.signerSignature),
    ...(expected === 'valid' ? { hash: toHex(rootChangeHash(change.bytes)) } : {}),
  });
  const foreignDevice = stranger.first.keys;
  return [
    vector('by the old recovery key', 'valid', byPaper),
    vector('by a link key', 'valid', byDevice),
    vector(
      'by another recovery key',
      'badSignature',
      sign({ authority: { kind: 'recoverySeed', seed: stranger.account.recoverySeed } }),
    ),
    vector(
      'by another link key',
      'badSignature',
      sign({ authority: { kind: 'linkKey', deviceId, linkKey: LinkKey.generate(random) } }),
    ),
    vector(
      'by a device that is not listed',
      'signerNotListed',
      sign({ authority: { kind: 'linkKey', deviceId: foreignDevice.deviceId, linkKey: foreignDevice.linkKey } }),
    ),
    vector('of another account', 'foreignAccount', sign({ accountId: stranger.account.accountId })),
    vector('after another root', 'foreignRoot', sign({ oldRoot: stranger.account.root })),
    vector('to the same root', 'formerRoot', sign({}, seed)),
    vector("signatures in each other's place", 'badSignature', {
      ...byPaper,
      newRootSignature: sign({}, seed).newRootSignature,
    }),
    vector(
      'signer of a third kind',
      'malformedRootChange',
      byPaper,
      toHex(byPaper.bytes.with(byPaper.bytes.length - 17, 3)),
    ),
    vector('last byte missing', 'malformedRootChange', byPaper, toHex(byPaper.bytes.subarray(0, -1))),
  ];
};

const storageRecords = () => {
  const storageKey = StorageKey.generate(random);
  const { accountId } = account;
  const seal = (version: number, length: number) => {
    const plaintext = Plaintext.of(random.bytes(length));
    return { plaintext, record: sealStorageRecord(storageKey, { accountId, version }, { plaintext, random }) };
  };
  const good = seal(12, 40);
  const longer = seal(13, 4_096);
  const vector = (name: string, expected: string, record: Uint8Array, leastVersion = 0) => ({
    name,
    expected,
    storageKey: toHex(storageKey.unwrap()),
    accountId,
    leastVersion,
    record: toHex(record),
  });
  const versionAt = 'sotto/storage-record/'.length;
  return [
    {
      ...vector('a short one', 'opened', good.record, 12),
      plaintext: toHex(good.plaintext),
      hash: toHex(storageRecordHash(good.record)),
    },
    {
      ...vector('4,096 bytes, which take two steps', 'opened', longer.record),
      plaintext: toHex(longer.plaintext),
      hash: toHex(storageRecordHash(longer.record)),
    },
    vector('below a known version', 'rollback', good.record, 13),
    { ...vector('another key', 'wrongKey', good.record), storageKey: toHex(StorageKey.generate(random).unwrap()) },
    { ...vector('another account', 'foreignAccount', good.record), accountId: stranger.account.accountId },
    vector('a later version number', 'wrongKey', good.record.with(versionAt + 1 + 16 + 7, 13)),
    vector('changed tag', 'wrongKey', good.record.with(good.record.length - 1, (good.record.at(-1) ?? 0) ^ 1)),
    vector('last byte missing', 'malformed', good.record.subarray(0, -1)),
    vector('format of version 2', 'newerVersion', good.record.with(versionAt, 0x32)),
  ];
};

/** Everything of SPEC §3.8 and §11, and the storage record of §12.5. */
export const recoveryVectors = () => ({
  recoveryKeys: recoveryKeys(),
  typedKeys: typedKeys(),
  access: [seed, stranger.account.recoverySeed].map((each) => {
    const { blobId, fetchSecret } = deriveRecoveryBlobAccess(each);
    return {
      seed: toHex(each.unwrap()),
      blobId: toHex(blobId),
      fetchSecret: toHex(fetchSecret.unwrap()),
      verifier: toHex(recoveryFetchVerifier(fetchSecret)),
    };
  }),
  recoverySeed: toHex(seed.unwrap()),
  head: headVector(head),
  blobs: blobs(),
  requests: requests(),
  vetoes: vetoes(),
  rootChanges: rootChanges(),
  storageRecords: storageRecords(),
});
export type RecoveryVectors = ReturnType<typeof recoveryVectors>;
