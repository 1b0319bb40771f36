import { describe, expect, it } from '@jest/globals';
import type { AccountRecord } from '../account/types.js';
import type { DevicePin } from '../devices/types.js';
import { at, named, newAccountId, newDeviceId } from '../testing/known-values.js';
import { temporaryDatabase } from '../testing/temporary-profile.js';
import { AccountRepository } from './account-repository.js';
import { DevicePinRepository } from './device-pin-repository.js';
import { PreKeyRepository } from './pre-key-repository.js';

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);

const record: AccountRecord = {
  phase: 'pending',
  accountId: newAccountId(),
  username: named('alice'),
  deviceId: newDeviceId(),
  registrationId: 77,
  server: {
    origin: 'http://127.0.0.1:4711',
    trustRoot: filled(33, 1),
    keys: { bytes: filled(90, 2), signature: filled(64, 3) },
    replaced: [],
  },
  keys: {
    accountIdentityKey: filled(33, 4),
    recoveryPublicKey: filled(1_216, 5),
    identityKeyPair: filled(69, 6),
    deviceSigningKey: filled(32, 7),
    profileKey: filled(32, 8),
    storageKey: filled(32, 9),
    keysVersion: 4,
    wrappedRecoverySeed: filled(72, 10),
    wrappedLinkKey: filled(72, 11),
  },
  stretch: { salt: filled(16, 12), cost: { memoryKiB: 65_536, iterations: 3, parallelism: 1 } },
  tokens: undefined,
  pendingRequest: '{"account":1}',
};

const pin: DevicePin = {
  accountId: record.accountId,
  username: record.username,
  accountIdentityKey: filled(33, 4),
  recoveryPublicKey: filled(1_216, 5),
  head: { epoch: 0, number: 0, hash: filled(32, 1) },
  list: filled(100, 2),
  devices: [{ deviceId: record.deviceId, certificate: filled(200, 3) }],
  alarm: false,
  pinnedAt: at(5),
};

describe('the account', () => {
  it('comes back as it was saved, each time', () => {
    const accounts = new AccountRepository(temporaryDatabase());
    expect(accounts.find()).toBeUndefined();
    accounts.save(record);
    expect(accounts.find()).toEqual(record);
    const registered: AccountRecord = {
      ...record,
      phase: 'registered',
      server: {
        ...record.server,
        replaced: [
          { certificate: filled(100, 31), replacedAt: at(7) },
          { certificate: filled(100, 30), replacedAt: at(8) },
        ],
      },
      tokens: { refreshToken: filled(32, 20), nextRefreshToken: filled(32, 21) },
      pendingRequest: undefined,
    };
    accounts.save(registered);
    expect(accounts.find()).toEqual(registered);
    const confirmed = { ...registered, keys: { ...registered.keys, wrappedRecoverySeed: undefined } };
    accounts.save(confirmed);
    expect(accounts.find()).toEqual(confirmed);
    const refreshed = {
      ...registered,
      server: record.server,
      tokens: { refreshToken: filled(32, 21), nextRefreshToken: undefined },
    };
    accounts.save(refreshed);
    expect(accounts.find()).toEqual(refreshed);
  });

  it('is discarded with all that was made for it while it is pending, and never afterwards', () => {
    const database = temporaryDatabase();
    const accounts = new AccountRepository(database);
    const pins = new DevicePinRepository(database);
    const preKeys = new PreKeyRepository(database);
    const signed = { id: 1, record: filled(50, 1), createdAt: at(1) };
    const save = (phase: AccountRecord['phase']) => {
      accounts.save({ ...record, phase });
      pins.save(pin, []);
      preKeys.add({
        oneTime: [{ id: 1, record: filled(40, 1) }],
        signed: [signed],
        kyberOneTime: [],
        kyberLastResort: [],
      });
    };
    save('pending');
    accounts.discardPending();
    expect(accounts.find()).toBeUndefined();
    expect(pins.find(record.accountId)).toBeUndefined();
    expect(preKeys.listSigned()).toEqual([]);
    for (const table of ['account_keys', 'pre_key', 'pinned_device', 'verified_list']) {
      expect(database.all(`SELECT * FROM ${table}`)).toEqual([]);
    }
    save('registered');
    accounts.discardPending();
    expect(accounts.find()?.phase).toBe('registered');
    expect(preKeys.listSigned()).toEqual([signed]);
  });
});

describe('device pins', () => {
  it('come back as they were saved, and keep every head that was verified', () => {
    const pins = new DevicePinRepository(temporaryDatabase());
    pins.save(pin, []);
    expect(pins.find(pin.accountId)).toEqual(pin);
    const next: DevicePin = {
      ...pin,
      head: { epoch: 0, number: 2, hash: filled(32, 9) },
      devices: [{ deviceId: newDeviceId(), certificate: filled(200, 8) }],
      alarm: true,
    };
    pins.save(next, [{ epoch: 0, number: 1, hash: filled(32, 8) }]);
    expect(pins.find(pin.accountId)).toEqual(next);
    expect([0, 1, 2, 3].map((number) => pins.findHash(pin.accountId, 0, number)?.[0])).toEqual([1, 8, 9, undefined]);
    pins.setAlarm(pin.accountId, false);
    expect(pins.find(pin.accountId)?.alarm).toBe(false);
  });

  it('keep the newest steps of each account, whole, for a server that loses them', () => {
    const pins = new DevicePinRepository(temporaryDatabase());
    const stepOf = (number: number) => ({
      ...{ epoch: 0, number, hash: filled(32, number) },
      step: {
        list: { bytes: filled(300, number), signature: filled(64, number) },
        receipt: { time: at(number), signature: filled(64, 1) },
        certificates: [{ bytes: filled(200, number), dskSignature: filled(64, 2), ikSignature: filled(64, 3) }],
      },
    });
    const steps = Array.from({ length: 70 }, (_, number) => stepOf(number));
    const { hash: _, ...last } = steps[69]!;
    pins.save({ ...pin, head: { ...last, hash: filled(32, 69) } }, steps);
    const kept = pins.stepsAfter(pin.accountId, { epoch: 0, number: 65 });
    expect(kept).toEqual(steps.slice(66).map(({ step }) => step));
    expect(pins.stepsAfter(pin.accountId, { epoch: 0, number: 0 })).toHaveLength(64);
    expect(pins.stepsAfter(pin.accountId, { epoch: 1, number: 0 })).toEqual([]);
    expect(pins.stepsAfter(newAccountId(), { epoch: 0, number: 0 })).toEqual([]);
  });

  it('never replace the hash that was verified with a number', () => {
    const pins = new DevicePinRepository(temporaryDatabase());
    pins.save(pin, []);
    pins.save({ ...pin, head: { epoch: 0, number: 1, hash: filled(32, 3) } }, [
      { epoch: 0, number: 0, hash: filled(32, 66) },
    ]);
    expect(pins.findHash(pin.accountId, 0, 0)).toEqual(pin.head.hash);
  });
});

describe('prekeys', () => {
  const dated = (id: number, createdAt: number) => ({ id, record: filled(50, id), createdAt: at(createdAt) });

  it('have ids that follow each other by kind, and begin anew at the end of their range', () => {
    const database = temporaryDatabase();
    const preKeys = new PreKeyRepository(database);
    expect(preKeys.reserveIds('oneTime', 3)).toEqual([1, 2, 3]);
    expect(preKeys.reserveIds('oneTime', 2)).toEqual([4, 5]);
    expect(preKeys.reserveIds('kyber', 1)).toEqual([1]);
    database.run("UPDATE pre_key_counter SET last_id = ? WHERE kind = 'oneTime'", [0xfffffe]);
    expect(preKeys.reserveIds('oneTime', 3)).toEqual([0xffffff, 1, 2]);
  });

  it('are dated by their publication, and deleted by their ids', () => {
    const database = temporaryDatabase();
    const preKeys = new PreKeyRepository(database);
    preKeys.add({
      oneTime: [{ id: 1, record: filled(40, 8) }],
      signed: [dated(1, 10), dated(2, 20), dated(3, 30)],
      kyberOneTime: [{ id: 9, record: filled(40, 9) }],
      kyberLastResort: [dated(1, 10), dated(2, 20)],
    });
    const publication = { signedPreKeyId: 2, lastResortKyberPreKeyId: 2, publishedAt: at(50) };
    preKeys.savePublication(publication);
    expect(preKeys.findPublication()).toEqual(publication);
    const inOrder = (keys: readonly { readonly id: number }[]) => [...keys].sort((left, right) => left.id - right.id);
    const republished = { ...dated(2, 20), createdAt: at(50) };
    expect(inOrder(preKeys.listSigned())).toEqual([dated(1, 10), republished, dated(3, 30)]);
    expect(inOrder(preKeys.listLastResort())).toEqual([dated(1, 10), republished]);
    preKeys.deleteReplaced({ signed: [1], lastResort: [1] });
    const ids = (table: string) => database.all(`SELECT id FROM ${table} ORDER BY id`).map((row) => row['id']);
    expect([ids('pre_key'), ids('signed_pre_key'), ids('kyber_pre_key')]).toEqual([[1], [2, 3], [2, 9]]);
  });
});
