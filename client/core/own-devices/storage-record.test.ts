import { describe, expect, it, jest } from '@jest/globals';
import { createAccount, deriveAccountRoot, systemRandom } from '@sotto/crypto';
import { idBytes, type AccountId } from '@sotto/protocol/ids';
import { LISTED_AT } from '../devices/testing/test-person.js';
import { FakeServer } from '../testing/fake-server.js';
import { stoppedAfterwards } from '../testing/people.js';
import { StorageRecordRepository } from '../storage/storage-record-repository.js';
import { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';
import { RecordedPins } from './recorded-pins.js';
import { breakAt, family } from './testing/family.js';

jest.setTimeout(60_000);

const cast = async () => {
  const parts = await family();
  const { server, anna } = parts;
  const record = () => server.accountOf(anna.deviceId).record;
  await written(anna);
  return { ...parts, record };
};

/** Another account under the same id, as only a server could show it. */
const sameAccount = (accountId: AccountId) => {
  const drawn = [idBytes(accountId)];
  const random = { bytes: (length: number) => new Uint8Array(drawn.shift() ?? systemRandom.bytes(length)) };
  return createAccount({ random, clock: { now: () => LISTED_AT } });
};

const isWritten = ({ database }: TestClient): boolean =>
  database.get('SELECT 1 FROM storage_record WHERE changes = written') !== undefined;
/** Waits until the record holds everything that a client has changed. */
const written = (client: TestClient) =>
  until(() => {
    client.clock.advance(3_000);
    return isWritten(client);
  });
const versionOf = ({ database }: TestClient) => database.get('SELECT version FROM storage_record')?.['version'];

describe('the storage record', () => {
  it('gives a device that comes later what was set before', async () => {
    const { person, bob, anna, list } = await cast();
    anna.messaging.chats.setBlocked(bob.accountId, true);
    anna.messaging.settings.set({ readReceipts: false });
    anna.messaging.chats.saveDraft(bob.accountId, 'half a thought');
    anna.upkeep.devices.rename(anna.deviceId, 'the first');
    anna.clock.advance(3_000);
    await written(anna);
    const next = person.next(list, [person.first, person.second, person.third]);
    const third = stoppedAfterwards(await TestClient.link(anna, person.third, next));
    await until(() => third.chat(bob)?.blocked === true);
    expect(third.chat(bob)).toMatchObject({ standing: 'accepted', draft: 'half a thought' });
    expect(third.messaging.settings.values).toEqual({ readReceipts: false });
    expect(third.upkeep.devices.view().devices.map(({ name }) => name)).toContain('the first');
  });

  it('P6: says who a contact is, so that no other one is believed on a device that comes later', async () => {
    const { server, person, bob, anna, list } = await cast();
    await until(() => anna.devices.find(bob.accountId) !== undefined);
    await written(anna);
    const bent = server.bendLists;
    const genuine = server.accountOf(bob.deviceId);
    const forged = sameAccount(bob.accountId);
    const receipted = new FakeServer();
    receipted.ring = server.ring;
    receipted.accounts.set(bob.accountId, { ...genuine, steps: [] });
    receipted.appendList(bob.accountId, forged.genesis, [forged.certificate]);
    const { accountIdentityKey, recoveryPublicKey } = deriveAccountRoot(forged.recoverySeed);
    const entries = [...(receipted.accounts.get(bob.accountId)?.steps ?? [])];
    server.bendLists = (page) =>
      page.accountId === bob.accountId ? { ...page, accountIdentityKey, recoveryPublicKey, entries } : bent(page);
    const next = person.next(list, [person.first, person.second, person.third]);
    const third = stoppedAfterwards(await TestClient.link(anna, person.third, next));
    await until(() => third.chat(bob) !== undefined);
    expect((await third.devices.refresh(bob.accountId)).outcome).toBe('alarm');
  });

  it('P6: says whom this device has met where nothing else has changed since', async () => {
    const { server, anna } = await cast();
    const carol = stoppedAfterwards(await TestClient.register(server, 'carol'));
    await anna.meet(carol);
    await written(anna);
    const recorded = () => new RecordedPins(new StorageRecordRepository(anna.database)).find(carol.accountId);
    expect(recorded()).toBeUndefined();
    expect((await anna.devices.refresh(carol.accountId)).outcome).toBe('ok');
    expect(isWritten(anna)).toBe(false);
    await written(anna);
    expect(recorded()).toMatchObject({ epoch: 0, number: 0 });
    // Looking again is no change.
    await anna.devices.refresh(carol.accountId);
    expect(isWritten(anna)).toBe(true);
  });

  it('gives a device that comes later the same contacts as it has', async () => {
    const { person, bob, anna, list } = await cast();
    const next = person.next(list, [person.first, person.second, person.third]);
    const third = stoppedAfterwards(await TestClient.link(anna, person.third, next));
    await until(() => third.chat(bob) !== undefined);
    expect((await third.devices.refresh(bob.accountId)).outcome).toBe('ok');
  });

  it('holds what two devices change at once', async () => {
    const { bob, anna, second, record } = await cast();
    await written(second);
    const before = record().version;
    anna.connection.cut();
    second.connection.cut();
    anna.messaging.settings.set({ readReceipts: false });
    second.messaging.chats.saveDraft(bob.accountId, 'half a thought');
    anna.connection.mend();
    second.connection.mend();
    await Promise.all([written(anna), written(second)]);
    expect(record().version).toBeGreaterThanOrEqual(before + 2);
    await until(() => versionOf(anna) === versionOf(second));
    await until(() => anna.chat(bob)?.draft === 'half a thought');
    await until(() => !second.messaging.settings.values.readReceipts);
  });

  it('is written in the end where a device is killed before or after the server has it', async () => {
    for (const when of ['before', 'after'] as const) {
      const { server, anna } = await cast();
      let back: (() => Promise<void>) | undefined;
      let wasWritten: boolean | undefined;
      breakAt(server, 'putStorageRecord', when, () => {
        // Asked now: started again, the device writes as soon as it can.
        wasWritten = isWritten(anna);
        back = anna.crash();
      });
      anna.messaging.settings.set({ readReceipts: false });
      await until(() => {
        anna.clock.advance(3_000);
        return back !== undefined;
      });
      await back?.();
      expect(wasWritten).toBe(false);
      await written(anna);
    }
  });

  it('of a past state is not believed, and what is known goes there again', async () => {
    const { server, anna, second, record } = await cast();
    const past = record();
    anna.messaging.settings.set({ readReceipts: false });
    await written(anna);
    await written(second);
    await until(() => isWritten(anna) && [anna, second].every((one) => versionOf(one) === record().version));
    const { version } = record();
    server.accountOf(anna.deviceId).record = past;
    anna.connection.cut();
    anna.connection.mend();
    await until(() => record().version > version);
    expect([...anna.log, ...second.log]).toContain('storageRecord.putBack');
    expect(anna.messaging.settings.values).toEqual({ readReceipts: false });
    await until(() => versionOf(second) === record().version);
    expect(second.messaging.settings.values).toEqual({ readReceipts: false });
    expect(versionOf(anna)).toBe(record().version);
  });

  it('that a device without the past has written is merged, also under a number that is known already', async () => {
    const { server, bob, anna, second, record } = await cast();
    const past = record();
    const pastOf = second.copy();
    second.connection.cut();
    for (const readReceipts of [false, true, false]) {
      anna.messaging.settings.set({ readReceipts });
      await written(anna);
    }
    const known = record();
    anna.connection.cut();
    server.accountOf(anna.deviceId).record = past;
    await pastOf();
    for (let count = 1; record().version < known.version; count += 1) {
      second.messaging.chats.saveDraft(bob.accountId, `half a thought, ${count}`);
      await written(second);
    }
    const { draft } = second.chat(bob)!;
    expect(record().version).toBe(known.version);
    expect(record().record).not.toEqual(known.record);
    anna.connection.mend();
    await until(() => record().version > known.version);
    await until(() => versionOf(second) === record().version && versionOf(anna) === record().version);
    expect(draft).toMatch(/^half a thought, /);
    expect(anna.chat(bob)?.draft).toBe(draft);
    expect(second.messaging.settings.values).toEqual({ readReceipts: false });
  });

  it('of nothing, where something was, is written again', async () => {
    const { server, anna, record } = await cast();
    const { version } = record();
    server.accountOf(anna.deviceId).record = { version: 0 };
    anna.connection.cut();
    anna.connection.mend();
    await until(() => record().version === version + 1);
  });

  it('that no key opens is neither believed nor written over', async () => {
    const { server, anna, record } = await cast();
    const { version, record: bytes } = record();
    const forged = { version: version + 1, record: new Uint8Array(bytes ?? []).fill(7, 100) };
    server.accountOf(anna.deviceId).record = forged;
    server.notice(server.accountOf(anna.deviceId), 'storageRecord');
    await until(() => anna.log.includes('storageRecord.refused'));
    anna.messaging.settings.set({ readReceipts: false });
    anna.clock.advance(3_000);
    await until(() => anna.log.filter((event) => event === 'storageRecord.refused').length > 1);
    expect(record()).toBe(forged);
    expect(versionOf(anna)).toBe(version);
  });
});
