import { readFileSync } from 'node:fs';
import {
  parseAccountId,
  parseDeviceId,
  parseUnixMs,
  type AccountId,
  type DeviceId,
  type UnixMs,
} from '@sotto/protocol/ids';
import { describe, expect, it, jest } from '@jest/globals';
import { accessKeyVerifier } from '../access/access-key.js';
import { issueSignInChallenge, verifySignInChallenge } from '../access/sign-in-challenge.js';
import { hashRefreshToken } from '../access/token-proof.js';
import { deriveAccessKey } from '../backend/profile.js';
import {
  deriveAccountIdentityPrivateKey,
  deriveAccountRoot,
  rootHash,
  type AccountRoot,
} from '../identity/account-root.js';
import { signCertificate, verifyCertificate } from '../identity/certificate.js';
import { deviceIdOf } from '../identity/device-id.js';
import { encodeDeviceList, parseDeviceList } from '../identity/device-list.js';
import { advanceHead, beginHead, type StepVerdict, type UntrustedStep } from '../identity/list-pin.js';
import type { VerifiedHead } from '../identity/verified-head.js';
import {
  AccountIdentityKey,
  ChallengeKey,
  DeviceSigningKey,
  IdentityPrivateKey,
  IdentityPublicKey,
  KeyEncryptionKey,
  PassphraseKey,
  PasswordKey,
  ProfileKey,
  ReceiptPublicKey,
  RecoveryPublicKey,
  RecoverySeed,
  RefreshToken,
  ScannableSafetyNumber,
  StretchSalt,
  TrustRootPrivateKey,
} from '../keys.js';
import {
  databaseKeyWrapping,
  earlierPasswordKeyWrapping,
  linkKeyWrapping,
  recoverySeedWrapping,
  type WrappingKey,
} from '../local-storage/key-wrapping.js';
import { parsePassword } from '../password/password.js';
import { derivePassphraseKey, derivePasswordKeys } from '../password/stretch.js';
import { compareSafetyNumbers, safetyNumberOf } from '../safety-number/safety-number.js';
import { pinServer } from '../server-keys/pin.js';
import { parseServerKeys, signServerKeys } from '../server-keys/server-keys.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import type { CertificateVector } from './testing/certificate-vectors.js';
import type { DerivationVectors } from './testing/derivation-vectors.js';
import type { DeviceListVectors, StepVector } from './testing/device-list-vectors.js';
import { fromHex, toHex } from './testing/hex.js';
import type { ServerKeysCase, ServerKeysVectors } from './testing/server-keys-vectors.js';
import type { WrappedKeyVector } from './testing/wrapped-key-vectors.js';

const load = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'));

const accountId = (text: string): AccountId => parseAccountId(text)!;
const deviceId = (text: string): DeviceId => parseDeviceId(text)!;
const time = (ms: number): UnixMs => parseUnixMs(ms)!;

// Stretching is expensive on purpose, and more so on a machine with other work.
jest.setTimeout(60_000);

/** Whoever signs: the encoding is the same. */
const random = seededRandomForTesting('any signer');
const signers = {
  signingKey: DeviceSigningKey.generate(random),
  identityPrivateKey: IdentityPrivateKey.generate(random),
};

describe('certificates.json', () => {
  it.each(load('certificates') as readonly CertificateVector[])('$expected: $name', (vector) => {
    const verdict = verifyCertificate({
      bytes: fromHex(vector.bytes),
      dskSignature: fromHex(vector.dskSignature),
      ikSignature: fromHex(vector.ikSignature),
    });
    expect(verdict.outcome === 'valid' ? 'valid' : verdict.reason).toBe(vector.expected);
    if (verdict.outcome === 'refused') return;
    const { bytes, hash: _, ...fields } = verdict.certificate;
    expect(signCertificate(fields, signers).bytes).toEqual(bytes);
    expect({
      ...fields,
      signingKey: toHex(fields.signingKey),
      identityKey: toHex(fields.identityKey),
      linkKey: fields.linkKey === undefined ? null : toHex(fields.linkKey),
      linkSession: fields.linkSession === undefined ? null : toHex(fields.linkSession),
    }).toEqual(vector.fields);
  });
});

describe('device-lists.json', () => {
  const vectors = load('device-lists') as DeviceListVectors;
  const receiptKey = ReceiptPublicKey.of(fromHex(vectors.receiptKey));
  const owner: { readonly accountId: AccountId; readonly root: AccountRoot } = {
    accountId: accountId(vectors.owner.accountId),
    root: {
      accountIdentityKey: AccountIdentityKey.of(fromHex(vectors.owner.accountIdentityKey)),
      recoveryPublicKey: RecoveryPublicKey.of(fromHex(vectors.owner.recoveryPublicKey)),
    },
  };
  const stepOf = (vector: StepVector): UntrustedStep => ({
    list: { bytes: fromHex(vector.list), signature: fromHex(vector.signature) },
    receipt: { time: time(vector.receiptTime), signature: fromHex(vector.receiptSignature) },
    certificates: vector.certificates.map((certificate) => ({
      bytes: fromHex(certificate.bytes),
      dskSignature: fromHex(certificate.dskSignature),
      ikSignature: fromHex(certificate.ikSignature),
    })),
  });
  const take = (before: VerifiedHead | undefined, step: UntrustedStep): StepVerdict =>
    before === undefined ? beginHead(owner, receiptKey, step) : advanceHead(before, receiptKey, step);
  const headAfter = (steps: number): VerifiedHead | undefined => {
    let head: VerifiedHead | undefined;
    for (const vector of vectors.chain.slice(0, steps)) {
      const verdict = take(head, stepOf(vector));
      if (verdict.outcome !== 'advanced') throw new Error(`A step of the chain came to: ${verdict.outcome}.`);
      head = verdict.head;
    }
    return head;
  };

  it('has a chain that verifies, each list in its one encoding', () => {
    expect(headAfter(vectors.chain.length)?.list.epoch).toBeGreaterThan(0);
    for (const { list } of vectors.chain) {
      const parsed = parseDeviceList(fromHex(list));
      expect(parsed && toHex(encodeDeviceList(parsed))).toBe(list);
    }
  });

  it.each(vectors.cases)('$expected: $name', ({ after, step, expected }) => {
    const verdict = take(headAfter(after), stepOf(step));
    expect(verdict.outcome === 'refused' ? verdict.reason : verdict.outcome).toBe(expected);
  });
});

describe('server-keys.json', () => {
  const vectors = load('server-keys') as ServerKeysVectors;
  const offer = (vector: Omit<ServerKeysCase, 'name' | 'expected'>) => ({
    trustRoot: fromHex(vector.trustRoot),
    keys: { bytes: fromHex(vector.bytes), signature: fromHex(vector.signature) },
  });
  const first = pinServer(undefined, offer(vectors.pinned));

  it('has a document that is pinned at first contact, in its one encoding', () => {
    expect(first.outcome).toBe('pinned');
    const keys = parseServerKeys(fromHex(vectors.pinned.bytes));
    expect(keys && toHex(signServerKeys(keys, TrustRootPrivateKey.generate(random)).bytes)).toBe(vectors.pinned.bytes);
  });

  it.each(vectors.cases)('$expected: $name', (vector) => {
    if (first.outcome !== 'pinned') throw new Error('The first document should be pinned.');
    const verdict = pinServer(first.pin, offer(vector));
    expect(verdict.outcome === 'refused' ? verdict.reason : verdict.outcome).toBe(vector.expected);
  });
});

describe('wrapped-keys.json', () => {
  const wrappingKey = ({ wrappingKeyRole, wrappingKey: bytes }: WrappedKeyVector): WrappingKey => {
    switch (wrappingKeyRole) {
      case 'password key':
        return PasswordKey.of(fromHex(bytes));
      case 'passphrase key':
        return PassphraseKey.of(fromHex(bytes));
      case 'key encryption key':
        return KeyEncryptionKey.of(fromHex(bytes));
    }
  };
  const unwrap = (vector: WrappedKeyVector) => {
    const [wrapped, under] = [fromHex(vector.wrapped), wrappingKey(vector)];
    const owner = { accountId: accountId(vector.accountId), deviceId: deviceId(vector.deviceId) };
    switch (vector.purpose) {
      case 'databaseKey':
        return databaseKeyWrapping.unwrap(wrapped, under, undefined);
      case 'linkKey':
        return linkKeyWrapping.unwrap(wrapped, under, owner);
      case 'recoverySeed':
        return recoverySeedWrapping.unwrap(wrapped, under, owner);
      case 'passwordKey':
        return earlierPasswordKeyWrapping.unwrap(wrapped, under, { accountId: owner.accountId });
    }
  };

  it.each(load('wrapped-keys') as readonly WrappedKeyVector[])('$expected: $name', (vector) => {
    const verdict = unwrap(vector);
    expect(verdict.outcome === 'refused' ? verdict.reason : verdict.outcome).toBe(vector.expected);
    expect(verdict.outcome === 'unwrapped' ? toHex(verdict.key.unwrap()) : undefined).toBe(vector.key);
  });
});

describe('derivations.json', () => {
  const vectors = load('derivations') as DerivationVectors;

  it.each(vectors.deviceIds)('device id $deviceId', (vector) => {
    expect(deviceIdOf(IdentityPublicKey.of(fromHex(vector.identityKey)))).toBe(vector.deviceId);
  });

  it.each(vectors.roots)('root $rootHash', (vector) => {
    const seed = RecoverySeed.of(fromHex(vector.recoverySeed));
    const root = deriveAccountRoot(seed);
    expect(toHex(deriveAccountIdentityPrivateKey(seed).unwrap())).toBe(vector.accountIdentityPrivateKey);
    expect(toHex(root.accountIdentityKey)).toBe(vector.accountIdentityKey);
    expect(toHex(root.recoveryPublicKey)).toBe(vector.recoveryPublicKey);
    expect(toHex(rootHash(root))).toBe(vector.rootHash);
  });

  it.each(vectors.accessKeys)('access key $accessKey', (vector) => {
    const accessKey = deriveAccessKey(ProfileKey.of(fromHex(vector.profileKey)));
    expect(toHex(accessKey.unwrap())).toBe(vector.accessKey);
    expect(toHex(accessKeyVerifier(accessKey))).toBe(vector.verifier);
  });

  it.each(vectors.refreshTokens)('refresh-token hash $hash', (vector) => {
    expect(toHex(hashRefreshToken(RefreshToken.of(fromHex(vector.token))))).toBe(vector.hash);
  });

  it.each(vectors.challenges)('challenge $challenge', (vector) => {
    const key = ChallengeKey.of(fromHex(vector.key));
    const challenge = issueSignInChallenge(key, time(vector.time));
    expect(toHex(challenge)).toBe(vector.challenge);
    expect(verifySignInChallenge(key, challenge, time(vector.time))).toBe('fresh');
  });

  it.each(vectors.passwords)('password "$password"', async (vector) => {
    const password = parsePassword(vector.password)!;
    const parameters = { salt: StretchSalt.of(fromHex(vector.salt)), cost: vector.cost };
    const keys = await derivePasswordKeys(password, parameters);
    expect(toHex(keys.authenticationSecret.unwrap())).toBe(vector.authenticationSecret);
    expect(toHex(keys.passwordKey.unwrap())).toBe(vector.passwordKey);
    expect(toHex((await derivePassphraseKey(password, parameters)).unwrap())).toBe(vector.passphraseKey);
  });

  it('safety number', () => {
    const side = (vector: (typeof vectors.safetyNumber)['own']) => ({
      accountId: accountId(vector.accountId),
      accountIdentityKey: AccountIdentityKey.of(fromHex(vector.accountIdentityKey)),
    });
    const [own, peer] = [side(vectors.safetyNumber.own), side(vectors.safetyNumber.peer)];
    const number = safetyNumberOf(own, peer);
    expect(number.digits).toBe(vectors.safetyNumber.digits);
    expect(toHex(number.scannable)).toBe(vectors.safetyNumber.scannable);
    const scannable = ScannableSafetyNumber.of(fromHex(vectors.safetyNumber.scannable));
    expect(compareSafetyNumbers(safetyNumberOf(peer, own), scannable)).toBe('match');
  });
});
