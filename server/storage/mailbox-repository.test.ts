import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { at, bytes, deviceId, enqueue, envelopeId, newEnvelope, NOW, registered } from '../testing/records.js';
import type { DeviceAddress } from './device-repository.js';
import type { MailboxRead, NewEnvelope } from './mailbox-repository.js';
import type { Storage } from './storage.js';

const read = (storage: Storage, address: DeviceAddress, limits: Partial<MailboxRead> = {}) =>
  storage.mailbox.read(address, { after: 0, mostEnvelopes: 1_000, mostBytes: 1e9, acceptedSince: at(0), ...limits });

const idsIn = async (storage: Storage, address: DeviceAddress, limits: Partial<MailboxRead> = {}) =>
  (await read(storage, address, limits)).envelopes.map((envelope) => envelope.envelopeId);

const idsOf = (envelopes: readonly { envelopeId: string }[]) => envelopes.map((envelope) => envelope.envelopeId);

const many = (address: DeviceAddress, count: number, overrides: Partial<NewEnvelope> = {}) =>
  Array.from({ length: count }, () => newEnvelope(address, overrides));

describeOnEveryDatabase('mailboxes', (databases) => {
  it('give back what was put in, in order, each device its own', async () => {
    const { storage } = await databases.open();
    const [one, two] = await registered(storage, 2);
    const sent = [
      newEnvelope(one!, { ciphertext: bytes(1) }),
      newEnvelope(one!, { ciphertext: bytes(131_072), kind: 7 }),
      newEnvelope(two!),
    ];
    const outcomes = await enqueue(storage, ...sent);
    const { envelopes, more } = await read(storage, one!);
    expect(more).toBe(false);
    expect(envelopes).toEqual(
      sent.slice(0, 2).map(({ envelopeId, kind, ciphertext, acceptedAt }, index) => ({
        position: envelopes[index]!.position,
        ...{ envelopeId, kind, ciphertext, acceptedAt },
      })),
    );
    expect(outcomes.map((outcome) => outcome.type)).toEqual(['stored', 'stored', 'stored']);
    expect(await idsIn(storage, two!)).toEqual([sent[2]!.envelopeId]);
  });

  it('answer the position at which each envelope then stands', async () => {
    const { storage } = await databases.open();
    const [one, two] = await registered(storage, 2);
    const sent = [...many(one!, 100), ...many(two!, 3)].flatMap((envelope, index) =>
      index % 9 === 0 ? [envelope, envelope] : [envelope],
    );
    const outcomes = await enqueue(storage, ...sent);
    const stands = new Map<string, number>();
    for (const device of [one!, two!])
      for (const { envelopeId, position } of (await read(storage, device)).envelopes) stands.set(envelopeId, position);
    expect(stands.size).toBe(103);
    for (const [index, outcome] of outcomes.entries())
      if (outcome.type === 'stored') expect(outcome.position).toBe(stands.get(sent[index]!.envelopeId));
    expect(outcomes.filter((outcome) => outcome.type === 'duplicate')).toHaveLength(12);
  });

  it('store a repeat once, in one batch and in later ones, and say so', async () => {
    const { storage } = await databases.open();
    const [one, two] = await registered(storage, 2);
    const [first, second, third] = many(one!, 3);
    const types = async (...envelopes: NewEnvelope[]) => (await enqueue(storage, ...envelopes)).map(({ type }) => type);
    expect(await types(first!, second!, first!)).toEqual(['stored', 'stored', 'duplicate']);
    const otherBytes = { ...second!, ciphertext: bytes(10) };
    expect(await types(third!, otherBytes, first!)).toEqual(['stored', 'duplicate', 'duplicate']);
    expect(await types(first!, second!, third!)).toEqual(['duplicate', 'duplicate', 'duplicate']);
    expect(await idsIn(storage, one!)).toEqual(idsOf([first!, second!, third!]));
    expect((await read(storage, one!)).envelopes[1]!.ciphertext).toEqual(second!.ciphertext);
    // Unique per device: the same id for another device is another envelope.
    expect(await types({ ...first!, deviceId: two!.deviceId })).toEqual(['stored']);
  });

  it('take an id again once its envelope has been acknowledged', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const envelope = newEnvelope(device!);
    await enqueue(storage, envelope);
    await storage.mailbox.deleteMany([{ ...device!, envelopeIds: [envelope.envelopeId] }]);
    expect(await enqueue(storage, envelope)).toMatchObject([{ type: 'stored' }]);
  });

  it('store one of many repeats that come at once', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const envelope = newEnvelope(device!);
    const others = many(device!, 8);
    const outcomes = await Promise.all(others.map((other) => enqueue(storage, other, envelope)));
    expect(outcomes.map(([, repeated]) => repeated!.type).toSorted()).toEqual([
      ...Array<string>(7).fill('duplicate'),
      'stored',
    ]);
    expect((await idsIn(storage, device!)).toSorted()).toEqual(idsOf([...others, envelope]).toSorted());
  });

  it('store all of a batch or nothing', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const unknown = { accountId: device!.accountId, deviceId: deviceId() };
    const batch = [...many(device!, 80), newEnvelope(unknown)];
    await expect(enqueue(storage, ...batch)).rejects.toMatchObject({ kind: 'foreignKeyViolation' });
    expect(await idsIn(storage, device!)).toEqual([]);
  });

  it('are filled inside a transaction alone', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    await expect(storage.mailbox.enqueueMany([newEnvelope(device!)])).rejects.toThrow('inside a transaction');
  });

  it('store a batch that fits neither into one statement nor into one packet', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const small = many(device!, 150);
    const large = many(device!, 40, { ciphertext: bytes(131_072) });
    await enqueue(storage, ...small, ...large);
    expect(await idsIn(storage, device!)).toEqual(idsOf([...small, ...large]));
  });

  it('are read from a position, by count', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const sent = many(device!, 60);
    await enqueue(storage, ...sent);
    const first = await read(storage, device!, { mostEnvelopes: 25 });
    expect(idsOf(first.envelopes)).toEqual(idsOf(sent.slice(0, 25)));
    expect(first.more).toBe(true);
    const second = await read(storage, device!, { after: first.envelopes.at(-1)!.position, mostEnvelopes: 35 });
    expect(idsOf(second.envelopes)).toEqual(idsOf(sent.slice(25)));
    expect(second.more).toBe(false);
    expect(await read(storage, device!, { after: second.envelopes.at(-1)!.position })).toEqual({
      envelopes: [],
      more: false,
    });
  });

  it.each([
    [30_000, 3],
    [29_999, 2],
    [1, 1],
    [10_000, 1],
    [1_000_000, 40],
  ])('are read up to %d bytes', async (mostBytes, count) => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const sent = many(device!, 40, { ciphertext: bytes(10_000) });
    await enqueue(storage, ...sent);
    const { envelopes, more } = await read(storage, device!, { mostBytes });
    expect(idsOf(envelopes)).toEqual(idsOf(sent.slice(0, count)));
    expect(more).toBe(count < 40);
  });

  it('are looked into many at once: the first few of each from its own position, and whether there is more', async () => {
    const { storage } = await databases.open();
    const devices = await registered(storage, 5);
    const counts = [0, 3, 16, 17, 40];
    const sent = devices.map((device, index) => many(device, counts[index]!));
    // Mixed, so that neighbours in the table belong to different devices.
    const mixed = Array.from({ length: 40 }, (_, index) =>
      sent.flatMap((envelopes) => envelopes.slice(index, index + 1)),
    );
    await enqueue(storage, ...mixed.flat());
    await enqueue(storage, newEnvelope(devices[0]!, { acceptedAt: at(NOW - 1_000) }));
    const glances = devices.map((address) => ({ address, after: 0 }));
    const pages = await storage.mailbox.glance(glances, NOW);
    expect(pages.map(({ envelopes }) => idsOf(envelopes))).toEqual(
      sent.map((envelopes) => idsOf(envelopes.slice(0, 16))),
    );
    expect(pages.map(({ more }) => more)).toEqual([false, false, false, true, true]);
    expect(pages[3]!.envelopes).toEqual((await read(storage, devices[3]!)).envelopes.slice(0, 16));
    const further = await storage.mailbox.glance(
      [3, 1, 3].map((index) => ({ address: devices[index]!, after: pages[index]!.envelopes.at(-1)!.position })),
      NOW,
    );
    const last = [idsOf(sent[3]!.slice(16)), [], idsOf(sent[3]!.slice(16))];
    expect(further.map(({ envelopes }) => idsOf(envelopes))).toEqual(last);
  });

  it('are emptied by acknowledgement, many at once and each its own', async () => {
    const { storage } = await databases.open();
    const [one, two] = await registered(storage, 2);
    const [ofOne, ofTwo] = [many(one!, 100), many(two!, 5)];
    await enqueue(storage, ...ofOne, ...ofTwo);
    await storage.mailbox.deleteMany([
      { ...one!, envelopeIds: [...ofOne.slice(0, 90).map((envelope) => envelope.envelopeId), envelopeId()] },
      // Somebody else's envelope stays, whoever names it.
      { ...two!, envelopeIds: [ofTwo[0]!.envelopeId, ofOne[95]!.envelopeId] },
    ]);
    expect(await idsIn(storage, one!)).toEqual(idsOf(ofOne.slice(90)));
    expect(await idsIn(storage, two!)).toEqual(idsOf(ofTwo.slice(1)));
    await storage.mailbox.deleteMany([{ ...one!, envelopeIds: [ofOne[0]!.envelopeId] }]);
    await storage.mailbox.deleteMany([{ ...one!, envelopeIds: [] }]);
    await storage.mailbox.deleteMany([]);
    expect(await idsIn(storage, one!)).toEqual(idsOf(ofOne.slice(90)));
  });

  it('are emptied at positions that were read, in one go however many', async () => {
    const { storage } = await databases.open();
    const [one, two] = await registered(storage, 2);
    const [ofOne, ofTwo] = [many(one!, 60), many(two!, 3)];
    const outcomes = await enqueue(storage, ...ofOne, ...ofTwo);
    const positions = outcomes.flatMap((outcome) => (outcome.type === 'stored' ? [outcome.position] : []));
    expect(positions).toHaveLength(63);
    await storage.mailbox.deleteAt([...positions.slice(0, 50), positions[61]!]);
    expect(await idsIn(storage, one!)).toEqual(idsOf(ofOne.slice(50)));
    expect(await idsIn(storage, two!)).toEqual(idsOf([ofTwo[0]!, ofTwo[2]!]));
    const farBeyond = Array.from({ length: 3_000 }, (_, index) => 1_000_000 + index);
    await storage.mailbox.deleteAt([...positions.slice(0, 50), ...farBeyond]);
    await storage.mailbox.deleteAt([]);
    expect(await idsIn(storage, one!)).toEqual(idsOf(ofOne.slice(50)));
  });

  it('hide what has expired, then delete and count it', async () => {
    const { storage } = await databases.open();
    const [one, two] = await registered(storage, 2);
    const old = [...many(one!, 70), ...many(two!, 2)].map((envelope) => ({ ...envelope, acceptedAt: at(NOW - 1) }));
    const fresh = [...many(one!, 3), newEnvelope(two!)];
    await enqueue(storage, ...old, ...fresh);
    expect(await idsIn(storage, one!, { acceptedSince: NOW })).toEqual(idsOf(fresh.slice(0, 3)));
    expect(await storage.mailbox.deleteExpired(NOW, 50)).toBe(50);
    expect(await storage.mailbox.deleteExpired(NOW, 50)).toBe(22);
    expect(await storage.mailbox.deleteExpired(NOW, 50)).toBe(0);
    expect(await idsIn(storage, one!)).toEqual(idsOf(fresh.slice(0, 3)));
    expect(await storage.mailbox.takeExpiredCount(one!)).toBe(70);
    expect(await storage.mailbox.takeExpiredCount(one!)).toBe(0);
    expect(await storage.mailbox.takeExpiredCount(two!)).toBe(2);
    expect(await storage.mailbox.takeExpiredCount({ ...two!, deviceId: deviceId() })).toBe(0);
  });

  it('count an expired envelope once, however many sweep at the same time', async () => {
    const database = await databases.open();
    const storages = [database.storage, await database.openAgain()];
    const [device] = await registered(database.storage);
    await enqueue(database.storage, ...many(device!, 100, { acceptedAt: at(NOW - 1) }));
    const swept = await Promise.all(storages.map((storage) => storage.mailbox.deleteExpired(NOW, 100)));
    expect(swept[0]! + swept[1]!).toBe(100);
    expect(await database.storage.mailbox.takeExpiredCount(device!)).toBe(100);
  });

  it('never show a later envelope before an earlier one that is still being stored', async () => {
    const database = await databases.open();
    const other = await database.openAgain();
    const [device] = await registered(database.storage);
    const [early, late] = many(device!, 2);
    let isInserted: () => void = () => undefined;
    const inserted = new Promise<void>((resolve) => {
      isInserted = resolve;
    });
    // Two processes: the first has its position and is slow to commit, the second comes after it.
    const slow = database.storage.transactions.run(async () => {
      await database.storage.devices.lockForDelivery([device!.accountId]);
      await database.storage.mailbox.enqueueMany([early!]);
      isInserted();
      await pause(100);
    });
    await inserted;
    await enqueue(other, late!);
    expect(await idsIn(other, device!)).toEqual(idsOf([early!, late!]));
    await slow;
  });

  it('keep order and number of what many processes put in at once', async () => {
    const database = await databases.open();
    const storages = [database.storage, await database.openAgain()];
    const devices = await registered(database.storage, 3);
    const batches = Array.from({ length: 24 }, (_, index) => many(devices[index % 3]!, 5));
    await Promise.all(batches.map((batch, index) => enqueue(storages[index % 2]!, ...batch)));
    for (const [index, device] of devices.entries()) {
      const ids = await idsIn(database.storage, device);
      const expected = batches.filter((_, batch) => batch % 3 === index);
      expect(ids.toSorted()).toEqual(idsOf(expected.flat()).toSorted());
      for (const batch of expected) expect(ids.filter((id) => idsOf(batch).includes(id))).toEqual(idsOf(batch));
    }
  });

  it('never give out a position again', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const [first, second] = many(device!, 2);
    await enqueue(storage, first!);
    const before = (await read(storage, device!)).envelopes[0]!.position;
    await storage.mailbox.deleteMany([{ ...device!, envelopeIds: [first!.envelopeId] }]);
    await enqueue(storage, second!);
    expect((await read(storage, device!)).envelopes[0]!.position).toBeGreaterThan(before);
  });
});
