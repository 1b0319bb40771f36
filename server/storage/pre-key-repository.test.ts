import { expect, it } from '@jest/globals';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { bytes, deviceId, registered } from '../testing/records.js';
import type { PreKeyUpload, SignedPreKey } from './pre-key-repository.js';

const signed = (id: number, length = 33): SignedPreKey => ({ id, publicKey: bytes(length), signature: bytes(64) });
const kyber = (id: number): SignedPreKey => signed(id, 1_569);
const oneTime = (id: number) => ({ id, publicKey: bytes(33) });
const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

const upload = (overrides: Partial<PreKeyUpload> = {}): PreKeyUpload => ({
  signedPreKey: signed(1),
  lastResortKyberPreKey: kyber(2),
  oneTimePreKeys: [],
  oneTimeKyberPreKeys: [],
  ...overrides,
});

const MOST = 100;

describeOnEveryDatabase('prekeys', (databases) => {
  it('are claimed as they were published, each one-time key once', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const keys = upload({ oneTimePreKeys: [oneTime(10), oneTime(11)], oneTimeKyberPreKeys: [kyber(20)] });
    const counts = { oneTimePreKeys: 2, oneTimeKyberPreKeys: 1 };
    expect(await storage.preKeys.publish(device!, keys, MOST)).toEqual({ type: 'published', counts });
    expect(await storage.preKeys.counts(device!)).toEqual(counts);
    const claim = () => storage.preKeys.claim(device!, 'oneTime');
    const { signedPreKey } = keys;
    const lastResort = { signedPreKey, kyberPreKey: keys.lastResortKyberPreKey, kyberIsLastResort: true };
    expect(await claim()).toEqual({
      signedPreKey,
      kyberPreKey: keys.oneTimeKyberPreKeys[0],
      kyberIsLastResort: false,
      oneTimePreKey: keys.oneTimePreKeys[0],
    });
    expect(await claim()).toEqual({ ...lastResort, oneTimePreKey: keys.oneTimePreKeys[1] });
    expect(await claim()).toEqual({ ...lastResort, oneTimePreKey: undefined });
  });

  it('of one time stay where only the last resort is asked for', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const keys = upload({ oneTimePreKeys: [oneTime(10)], oneTimeKyberPreKeys: [kyber(20)] });
    await storage.preKeys.publish(device!, keys, MOST);
    expect(await storage.preKeys.claim(device!, 'lastResortOnly')).toEqual({
      signedPreKey: keys.signedPreKey,
      kyberPreKey: keys.lastResortKyberPreKey,
      kyberIsLastResort: true,
      oneTimePreKey: undefined,
    });
    expect(await storage.preKeys.counts(device!)).toEqual({ oneTimePreKeys: 1, oneTimeKyberPreKeys: 1 });
  });

  it('are not claimed, nor used up, before the device has published its signed ones', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    await storage.preKeys.publish(device!, upload({ signedPreKey: undefined, oneTimePreKeys: [oneTime(10)] }), MOST);
    expect(await storage.preKeys.claim(device!, 'oneTime')).toBeUndefined();
    expect((await storage.preKeys.counts(device!)).oneTimePreKeys).toBe(1);
  });

  it('that are signed replace the ones before', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    await storage.preKeys.publish(device!, upload(), MOST);
    const next = upload({ signedPreKey: signed(5), lastResortKyberPreKey: undefined });
    await storage.preKeys.publish(device!, next, MOST);
    const claimed = await storage.preKeys.claim(device!, 'oneTime');
    expect(claimed?.signedPreKey).toEqual(next.signedPreKey);
    expect(claimed?.kyberPreKey.id).toBe(2);
    // The same key once more is no error: a client that lost the answer asks again.
    expect(await storage.preKeys.publish(device!, next, MOST)).toMatchObject({ type: 'published' });
  });

  it('are counted against their limit, kind by kind', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const publish = (from: number, count: number, kyberCount: number) => {
      const keys = {
        oneTimePreKeys: range(from, count).map(oneTime),
        oneTimeKyberPreKeys: range(from, kyberCount).map(kyber),
      };
      return storage.preKeys.publish(device!, upload(keys), 100);
    };
    expect(await publish(1, 100, 40)).toMatchObject({ type: 'published' });
    const counts = { oneTimePreKeys: 100, oneTimeKyberPreKeys: 40 };
    expect(await publish(200, 1, 0)).toEqual({ type: 'tooMany', counts });
    expect(await publish(200, 0, 61)).toEqual({ type: 'tooMany', counts });
    expect(await publish(200, 0, 60)).toMatchObject({ type: 'published' });
  });

  it('with an id that is there already are refused, the whole upload with them', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const first = upload({ oneTimePreKeys: [oneTime(10)], oneTimeKyberPreKeys: [kyber(20)] });
    await storage.preKeys.publish(device!, first, MOST);
    const attempts: Partial<PreKeyUpload>[] = [
      { oneTimePreKeys: [oneTime(11), oneTime(10)] },
      { oneTimePreKeys: [oneTime(11), oneTime(11)] },
      { oneTimePreKeys: [oneTime(11)], oneTimeKyberPreKeys: [kyber(20)] },
    ];
    for (const attempt of attempts)
      expect(await storage.preKeys.publish(device!, upload({ ...attempt, signedPreKey: signed(99) }), MOST)).toEqual({
        type: 'duplicateKeyId',
      });
    expect(await storage.preKeys.counts(device!)).toEqual({ oneTimePreKeys: 1, oneTimeKyberPreKeys: 1 });
    expect((await storage.preKeys.claim(device!, 'oneTime'))?.signedPreKey).toEqual(first.signedPreKey);
  });

  it('of a device that is not there are refused', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const gone = { accountId: device!.accountId, deviceId: deviceId() };
    expect(await storage.preKeys.publish(gone, upload(), MOST)).toEqual({ type: 'unknownDevice' });
    expect(await storage.preKeys.claim(gone, 'oneTime')).toBeUndefined();
  });

  it('go to eight claimers at once as eight different keys', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const ids = range(1, 8);
    await storage.preKeys.publish(
      device!,
      upload({ oneTimePreKeys: ids.map(oneTime), oneTimeKyberPreKeys: ids.map(kyber) }),
      MOST,
    );
    const claims = await Promise.all(ids.map(() => storage.preKeys.claim(device!, 'oneTime')));
    const byId = (a: number, b: number) => a - b;
    expect(claims.map((claim) => claim!.oneTimePreKey!.id).toSorted(byId)).toEqual(ids);
    expect(claims.map((claim) => claim!.kyberPreKey.id).toSorted(byId)).toEqual(ids);
    expect(claims.every((claim) => !claim!.kyberIsLastResort)).toBe(true);
  });

  it('run out without anybody waiting forever', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    await storage.preKeys.publish(device!, upload({ oneTimePreKeys: range(1, 3).map(oneTime) }), MOST);
    const claims = await Promise.all(range(1, 12).map(() => storage.preKeys.claim(device!, 'oneTime')));
    expect(claims.filter((claim) => claim!.oneTimePreKey !== undefined)).toHaveLength(3);
  });

  it('of one time can be purged as a whole', async () => {
    const { storage } = await databases.open();
    const devices = [...(await registered(storage)), ...(await registered(storage))];
    for (const device of devices)
      await storage.preKeys.publish(
        device,
        upload({ oneTimePreKeys: [oneTime(1)], oneTimeKyberPreKeys: [kyber(1)] }),
        MOST,
      );
    await storage.preKeys.purgeOneTimePreKeys();
    for (const device of devices) {
      expect(await storage.preKeys.counts(device)).toEqual({ oneTimePreKeys: 0, oneTimeKyberPreKeys: 0 });
      expect(await storage.preKeys.claim(device, 'oneTime')).toMatchObject({ kyberIsLastResort: true });
    }
  });
});
