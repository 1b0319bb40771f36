import * as libsignal from '@signalapp/libsignal-client';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { deviceIdOf } from '../identity/device-id.js';
import { generateDeviceKeys } from '../identity/device-keys.js';
import { UnitOfWork } from '../session/unit-of-work.js';
import { preKeyId, TestParty, TestServer } from '../testing/test-party.js';
import { addressOf, deviceIdAt, LocalParty } from './libsignal-party.js';
import { LibsignalStores } from './libsignal-stores.js';
import { systemRandom } from './system-random.js';

const server = new TestServer();
const bob = new TestParty(server);
const alice = generateDeviceKeys(systemRandom);
const aliceKey = libsignal.PublicKey.deserialize(alice.identityKeyPair.publicKey);
const address = addressOf(alice.deviceId);
/** Of order 1: no honest end makes it, libsignal itself reads it. */
const smallOrderKey = libsignal.PublicKey.deserialize(Uint8Array.from([0x05, 1, ...new Uint8Array(31)]));

let stores: LibsignalStores;
beforeEach(() => {
  stores = new LibsignalStores(new LocalParty(bob.identity), UnitOfWork.begin(bob.state));
});

describe('addresses', () => {
  it('name a device, with the one device number', () => {
    expect(deviceIdAt(address)).toBe(alice.deviceId);
    expect(deviceIdAt(libsignal.ProtocolAddress.new(alice.deviceId, 2))).toBeUndefined();
    expect(deviceIdAt(libsignal.ProtocolAddress.new('alice', 1))).toBeUndefined();
  });

  it('of anything else are a fault of ours', async () => {
    const second = libsignal.ProtocolAddress.new(alice.deviceId, 2);
    await expect(stores.getSession(second)).rejects.toThrow('no device');
    await expect(stores.run(() => stores.getSession(second))).rejects.toThrow('no device');
  });
});

describe('trust in an identity', () => {
  it('is that the device id is its hash', async () => {
    await expect(stores.isTrustedIdentity(address, aliceKey)).resolves.toBe(true);
    const bobKey = libsignal.PublicKey.deserialize(bob.identity.identityKeyPair.publicKey);
    await expect(stores.isTrustedIdentity(address, bobKey)).resolves.toBe(false);
    await expect(stores.isTrustedIdentity(address, smallOrderKey)).resolves.toBe(false);
  });

  it('is the same for a device that has been seen before', () => {
    const party = new LocalParty(bob.identity);
    const { publicKey } = alice.identityKeyPair;
    for (let time = 0; time < 2; time += 1) {
      expect(party.isIdentityOf(alice.deviceId, publicKey)).toBe(true);
      expect(party.isIdentityOf(alice.deviceId, bob.identity.identityKeyPair.publicKey)).toBe(false);
    }
  });

  it('stays what it is for any number of devices', () => {
    const party = new LocalParty(bob.identity);
    const keys = Array.from({ length: 1_100 }, () => generateDeviceKeys(systemRandom).identityKeyPair.publicKey);
    expect(keys.every((key) => party.isIdentityOf(deviceIdOf(key), key))).toBe(true);
    expect(keys.every((key) => party.isIdentityOf(deviceIdOf(key), key))).toBe(true);
    expect(keys.some((key) => party.isIdentityOf(alice.deviceId, key))).toBe(false);
  });

  it('gives sealing only keys that were proven in the same call', async () => {
    await expect(stores.getIdentity(address)).resolves.toBeNull();
    await stores.isTrustedIdentity(address, aliceKey);
    await expect(stores.getIdentity(address)).resolves.toBe(aliceKey);
  });

  it('never asks anybody about a change: a key that changes is another device', async () => {
    await expect(stores.saveIdentity()).resolves.toBe(libsignal.IdentityChange.NewOrUnchanged);
  });
});

describe('a call', () => {
  it('fails by what the peer named where that is not there, or cannot be', async () => {
    const unknown = { outcome: 'failed', failure: 'unknownPreKey' };
    for (const id of [77, 0, 0x1000000]) {
      await expect(stores.run(() => stores.getPreKey(id))).resolves.toMatchObject(unknown);
      stores = new LibsignalStores(new LocalParty(bob.identity), UnitOfWork.begin(bob.state));
    }
    await expect(stores.run(() => stores.getSignedPreKey(77))).resolves.toMatchObject(unknown);
    await expect(stores.run(() => stores.getKyberPreKey(77))).resolves.toMatchObject(unknown);
    await expect(stores.run(() => stores.markKyberPreKeyUsed(77, 1, aliceKey))).resolves.toMatchObject(unknown);
  });

  it('fails even where libsignal passes over what a store refused', async () => {
    const swallowing = stores.run(async () => {
      await stores.getPreKey(77).catch(() => undefined);
      return 'done';
    });
    await expect(swallowing).resolves.toEqual({ outcome: 'failed', failure: 'unknownPreKey' });
  });

  it('fails for a base key that no honest end makes', async () => {
    bob.publish({ oneTime: false });
    const id = preKeyId(1);
    expect(bob.state.loadKyberPreKey(id)?.use).toBe('lastResort');
    const marking = stores.run(() => stores.markKyberPreKeyUsed(id, id, smallOrderKey));
    await expect(marking).resolves.toMatchObject({ outcome: 'failed', failure: 'invalid' });
    expect(bob.state.counts.replayMarks).toBe(0);
  });

  it.each(['getExistingSessions', 'savePreKey', 'saveSignedPreKey', 'saveKyberPreKey'] as const)(
    'never comes to %s: prekeys are made elsewhere',
    async (method) => {
      await expect(stores.run(() => Promise.resolve(stores[method]()))).rejects.toThrow(method);
    },
  );

  it('gives the identity that the device has', async () => {
    const pair = await stores.getIdentityKeyPair();
    const own = await stores.getIdentityKey();
    expect(new Uint8Array(pair.publicKey.serialize())).toEqual(bob.identity.identityKeyPair.publicKey);
    expect(new Uint8Array(own.getPublicKey().serialize())).toEqual(bob.identity.identityKeyPair.publicKey);
    await expect(stores.getLocalRegistrationId()).resolves.toBe(bob.identity.registrationId);
  });
});
