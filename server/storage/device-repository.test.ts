import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import {
  accountId,
  at,
  bytes,
  deviceId,
  enqueue,
  newAccount,
  newDevice,
  newEnvelope,
  NOW,
  registered,
} from '../testing/records.js';
import { hex } from './row-values.js';

describeOnEveryDatabase('devices', (databases) => {
  it('come back as they were activated', async () => {
    const { storage } = await databases.open();
    const account = newAccount();
    await storage.accounts.create(account);
    const linking = newDevice(account.accountId);
    const plain = newDevice(account.accountId, { linkKey: undefined });
    for (const device of [linking, plain])
      expect(await storage.devices.activate(device)).toEqual({ type: 'activated' });
    expect(await storage.devices.find(linking)).toEqual({ ...linking, lastSeenAt: undefined });
    const all = await storage.devices.list(account.accountId);
    const inOrder = [linking, plain].toSorted((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
    expect(all).toEqual(inOrder.map((device) => ({ ...device, lastSeenAt: undefined })));
  });

  it('are not found in another account', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    expect(await storage.devices.find({ ...device!, accountId: accountId() })).toBeUndefined();
    expect(await storage.devices.list(accountId())).toEqual([]);
  });

  it('have ids that are theirs over all accounts', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const [other] = await registered(storage);
    const stolen = newDevice(other!.accountId, { deviceId: device!.deviceId });
    expect(await storage.devices.activate(stolen)).toEqual({ type: 'deviceExists' });
    expect(await storage.devices.list(other!.accountId)).toHaveLength(1);
    expect(await storage.deviceLists.certificates(other!.accountId, [stolen.certificate.hash])).toEqual(new Map());
  });

  it('leave with everything but their certificate, and may come back', async () => {
    const { storage } = await databases.open();
    const [device, stays] = await registered(storage, 2);
    const family = { ...device!, tokenHash: bytes(32), issuedAt: NOW, expiresAt: at(NOW + 1_000) };
    await storage.refreshTokens.start(family, 5);
    const key = (id: number) => ({ id, publicKey: bytes(33), signature: bytes(64) });
    const keys = {
      signedPreKey: key(1),
      lastResortKyberPreKey: key(2),
      oneTimePreKeys: [key(3)],
      oneTimeKyberPreKeys: [key(4)],
    };
    await storage.preKeys.publish(device!, keys, 100);
    await enqueue(storage, newEnvelope(device!), newEnvelope(stays!));
    await storage.devices.remove(device!.accountId, [device!.deviceId, deviceId()]);
    expect((await storage.devices.list(device!.accountId)).map((left) => left.deviceId)).toEqual([stays!.deviceId]);
    const read = { after: 0, mostEnvelopes: 10, mostBytes: 1_000, acceptedSince: at(0) };
    expect((await storage.mailbox.read(device!, read)).envelopes).toEqual([]);
    expect((await storage.mailbox.read(stays!, read)).envelopes).toHaveLength(1);
    expect(await storage.preKeys.claim(device!, 'oneTime')).toBeUndefined();
    expect(await storage.preKeys.counts(device!)).toEqual({ oneTimePreKeys: 0, oneTimeKyberPreKeys: 0 });
    const rotation = {
      ...device!,
      presentedHash: family.tokenHash,
      nextHash: bytes(32),
      now: NOW,
      expiresAt: at(NOW + 1_000),
    };
    expect(await storage.refreshTokens.rotate(rotation)).toEqual({ type: 'unknown' });
    const { certificate } = device!;
    expect(await storage.deviceLists.certificates(device!.accountId, [certificate.hash])).toEqual(
      new Map([[hex(certificate.hash), certificate]]),
    );
    expect(await storage.devices.activate(device!)).toEqual({ type: 'activated' });
  });

  it('remember the day on which they were last seen, and nothing finer', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const lastSeenAt = async () => (await storage.devices.find(device!))?.lastSeenAt;
    const day = 1_789_948_800_000;
    await storage.devices.markSeen(device!, at(day + 86_399_999));
    expect(await lastSeenAt()).toBe(day);
    await storage.devices.markSeen(device!, at(day - 1));
    expect(await lastSeenAt()).toBe(day);
    await storage.devices.markSeen(device!, at(day + 86_400_000));
    expect(await lastSeenAt()).toBe(day + 86_400_000);
  });

  it('are shown to the sending rules with what waits for them', async () => {
    const { storage } = await databases.open();
    const [one, two] = await registered(storage, 2);
    const [other] = await registered(storage);
    await enqueue(storage, newEnvelope(one!), newEnvelope(one!), newEnvelope(other!));
    const targets = await storage.transactions.run(() =>
      storage.devices.lockForDelivery([one!.accountId, other!.accountId, accountId(), one!.accountId]),
    );
    const newest = async (device: typeof one) =>
      (
        await storage.mailbox.read(device!, { after: 0, mostEnvelopes: 9, mostBytes: 9_999, acceptedSince: at(0) })
      ).envelopes.at(-1)?.position;
    const target = async (device: typeof one, waiting: number) => ({
      deviceId: device!.deviceId,
      registrationId: device!.registrationId,
      waiting,
      lastPosition: (await newest(device)) ?? 0,
    });
    const ofOne = [await target(one, 2), await target(two, 0)].toSorted((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
    expect(targets).toEqual(
      new Map([
        [one!.accountId, ofOne],
        [other!.accountId, [await target(other, 1)]],
      ]),
    );
  });

  it('are locked for delivery inside a transaction alone', async () => {
    const { storage } = await databases.open();
    await expect(storage.devices.lockForDelivery([accountId()])).rejects.toThrow('inside a transaction');
  });

  it('get no mail after an unlink that came between check and insert', async () => {
    const database = await databases.open();
    const { storage } = database;
    const other = await database.openAgain();
    const [device] = await registered(storage);
    const order: string[] = [];
    let isLocked: () => void = () => undefined;
    const locked = new Promise<void>((resolve) => {
      isLocked = resolve;
    });
    const sending = storage.transactions.run(async () => {
      const targets = await storage.devices.lockForDelivery([device!.accountId]);
      isLocked();
      await pause(80);
      await storage.mailbox.enqueueMany([newEnvelope(device!)]);
      order.push('sent');
      return targets.size;
    });
    await locked;
    // Through another process's connection: it has to wait for the lock, not only for its turn here.
    const unlinking = other.devices.remove(device!.accountId, [device!.deviceId]).then(() => order.push('unlinked'));
    expect(await sending).toBe(1);
    await unlinking;
    expect(order).toEqual(['sent', 'unlinked']);
    const targets = await storage.transactions.run(() => storage.devices.lockForDelivery([device!.accountId]));
    expect(targets.size).toBe(0);
    await expect(enqueue(storage, newEnvelope(device!))).rejects.toMatchObject({ kind: 'foreignKeyViolation' });
  });
});
