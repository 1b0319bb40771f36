import { idBytes, parseAccountId } from '@sotto/protocol/ids';
import { describe, expect, it } from '@jest/globals';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { NOW, RULES } from '../testing/test-account.js';
import { createAccount } from './account.js';
import { deriveAccountRoot } from './account-root.js';
import { verifyCertificate } from './certificate.js';
import { deviceIdOf } from './device-id.js';
import { deviceSigningPublicKeyOf, linkPublicKeyOf } from './device-keys.js';
import { verifyGenesis } from './list-rules.js';

const create = (seed: string) => createAccount({ random: seededRandomForTesting(seed), clock: { now: () => NOW } });

describe('createAccount', () => {
  const account = create('alice');

  it('makes an account id that is a UUIDv4', () => {
    expect(parseAccountId(account.accountId)).toBe(account.accountId);
    // The first 16 bytes that the seed gives, with the bits of RFC 9562 §5.4.
    const bytes = seededRandomForTesting('alice').bytes(16);
    bytes[6] = 0x40 | (bytes[6]! & 0x0f);
    bytes[8] = 0x80 | (bytes[8]! & 0x3f);
    expect(idBytes(account.accountId)).toEqual(bytes);
  });

  it('makes a root out of its recovery seed', () => {
    expect(deriveAccountRoot(account.recoverySeed)).toEqual(account.root);
  });

  it('makes a device certificate that verifies and names the keys of the device', () => {
    const verdict = verifyCertificate(account.certificate);
    expect(verdict).toMatchObject({
      outcome: 'valid',
      certificate: {
        accountId: account.accountId,
        deviceId: deviceIdOf(account.device.identityKeyPair.publicKey),
        signingKey: deviceSigningPublicKeyOf(account.device.signingKey),
        identityKey: account.device.identityKeyPair.publicKey,
        linkKey: linkPublicKeyOf(account.device.linkKey),
        issuedAt: NOW,
        linkSession: undefined,
      },
    });
  });

  it('makes a genesis list that names this device alone', () => {
    const verdict = verifyGenesis(account, { list: account.genesis, certificates: [account.certificate] }, RULES);
    if (verdict.outcome === 'refused') throw new Error(verdict.reason);
    expect(verdict.head.devices.map((device) => device.deviceId)).toEqual([account.device.deviceId]);
    expect(verdict.head.place).toMatchObject({ epoch: 0, number: 0 });
  });

  it('makes a registration id of 14 bits', () => {
    const ids = Array.from({ length: 40 }, (_, index) => create(String(index)).device.registrationId);
    expect(Math.min(...ids)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...ids)).toBeLessThanOrEqual(16_383);
    expect(new Set(ids).size).toBeGreaterThan(30);
  });

  it('makes nothing twice', () => {
    const other = create('bob');
    for (const [mine, theirs] of [
      [account.accountId, other.accountId],
      [account.device.deviceId, other.device.deviceId],
      [account.profileKey.unwrap(), other.profileKey.unwrap()],
      [account.storageKey.unwrap(), other.storageKey.unwrap()],
      [account.profileKey.unwrap(), account.storageKey.unwrap()],
      [account.device.signingKey.unwrap(), account.device.linkKey.unwrap()],
      [account.recoverySeed.unwrap(), other.recoverySeed.unwrap()],
    ])
      expect(mine).not.toEqual(theirs);
  });

  it('takes all of its randomness from the source that is handed in', () => {
    const again = create('alice');
    expect(again.genesis.bytes).toEqual(account.genesis.bytes);
    expect(again.certificate.bytes).toEqual(account.certificate.bytes);
    expect(again.profileKey.unwrap()).toEqual(account.profileKey.unwrap());
  });
});
