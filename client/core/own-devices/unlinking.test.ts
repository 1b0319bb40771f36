import { describe, expect, it, jest } from '@jest/globals';
import { accessKeyVerifier, deriveAccessKey, ProfileKey } from '@sotto/crypto';
import { ChatRepository } from '../storage/chat-repository.js';
import { PASSWORD, underPassword } from '../testing/password.js';
import { newDeviceId } from '../testing/known-values.js';
import { stoppedAfterwards } from '../testing/people.js';
import { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';
import { breakAt, family, keysOf } from './testing/family.js';

jest.setTimeout(120_000);

const verifierOf = (client: TestClient) => accessKeyVerifier(deriveAccessKey(ProfileKey.of(keysOf(client).profileKey)));
const known = (client: TestClient, other: TestClient) =>
  new ChatRepository(client.database).find(other.accountId)?.profileKey;
const isQuiet = ({ database }: TestClient): boolean =>
  database.get('SELECT 1 FROM key_rotation UNION SELECT 1 FROM device_removal') === undefined;
/** Waits until keys that are being replaced have been replaced everywhere. */
const settled = (client: TestClient) =>
  until(() => {
    client.clock.advance(3_000);
    return isQuiet(client);
  });
const listed = (client: TestClient) => client.upkeep.devices.view().devices.map(({ deviceId }) => deviceId);

describe('taking a device off the list', () => {
  // P11
  it('P11: replaces the keys of the account, and tells who is left', async () => {
    const { server, person, bob, anna, second, list } = await family();
    const three = person.next(list, [person.first, person.second, person.third]);
    const third = stoppedAfterwards(await TestClient.link(anna, person.third, three));
    const before = keysOf(anna);
    const account = server.accountOf(anna.deviceId);
    const [oldVerifier] = account.verifiers;
    expect(await anna.upkeep.unlinking.unlink(second.deviceId, { password: PASSWORD })).toMatchObject({
      outcome: 'ok',
    });
    expect(listed(anna)).toHaveLength(2);
    expect(listed(anna)).not.toContain(second.deviceId);
    await settled(anna);
    const after = keysOf(anna);
    expect(after.profileKey).not.toEqual(before.profileKey);
    expect(after.storageKey).not.toEqual(before.storageKey);
    expect(account.verifiers).toEqual([verifierOf(anna), oldVerifier]);
    await until(() => Buffer.from(keysOf(third).storageKey).equals(after.storageKey));
    expect(keysOf(third).profileKey).toEqual(after.profileKey);
    await until(() => Buffer.from(known(bob, anna) ?? []).equals(after.profileKey));
    await bob.says(anna, 'on the anonymous road');
    expect(server.relayed.at(-1)).toMatchObject({ anonymous: true });
    expect(keysOf(second)).toMatchObject({ profileKey: before.profileKey, storageKey: before.storageKey });
    const { record } = account;
    await third.connection.stop();
    expect(record.version).toBe(after.keysVersion);
  });

  // P11
  it('P11: makes nothing of what it still sends, whatever its date', async () => {
    const { server, bob, anna, second } = await family();
    await second.says(bob, 'while it may');
    await anna.upkeep.unlinking.unlink(second.deviceId, { password: PASSWORD });
    await settled(anna);
    await until(() => bob.devices.find(anna.accountId)?.active.length === 1);
    const { length } = server.relayed;
    // It has all its keys, and its connection stands.
    second.send(bob, 'after it was taken off');
    await until(() => server.relayed.length > length);
    await second.hasState(bob, 'sent');
    await anna.says(bob, 'after that');
    await until(() => bob.database.get('SELECT 1 FROM inbox') === undefined);
    expect(bob.texts(anna)).not.toContain('after it was taken off');
    second.connection.cut();
    second.connection.mend();
    expect(second.connection.state).toEqual({ state: 'unlinked' });
    expect(second.upkeep.devices.view().devices).toHaveLength(1);
    expect(second.texts(bob)).toContain('while it may');
  });

  it('needs the password and a device that is there', async () => {
    const { anna, second } = await family();
    const { unlinking } = anna.upkeep;
    const codeOf = async (work: ReturnType<typeof unlinking.unlink>) => {
      const result = await work;
      return result.outcome === 'failed' ? result.failure.code : undefined;
    };
    expect(await codeOf(unlinking.unlink(second.deviceId, { password: 'not the password' }))).toBe('wrongCredentials');
    expect(await codeOf(unlinking.unlink(newDeviceId(), { password: PASSWORD }))).toBe('deviceNotFound');
    expect(await codeOf(unlinking.signOutOthers({ password: 'not the password' }))).toBe('wrongCredentials');
    expect(await codeOf(unlinking.signOutOthers({ password: PASSWORD }))).toBeUndefined();
    expect(listed(anna)).toHaveLength(2);
    expect(isQuiet(anna)).toBe(true);
  });

  it('P11: goes on from a list that another device has made meanwhile, and gives up where they come without end', async () => {
    const { server, person, anna, second, list } = await family();
    const { first, third } = person;
    const three = person.next(list, [first, person.second, third]);
    server.appendList(anna.accountId, three, [third.certificate]);
    server.refuseCall = (route) =>
      route === 'appendDeviceList' ? { outcome: 'refused', code: 'deviceListConflict', retryAfterMs: 0 } : undefined;
    const refused = await anna.upkeep.unlinking.unlink(second.deviceId, { password: PASSWORD });
    expect(refused).toMatchObject({ outcome: 'failed', failure: { code: 'devicesChanged' } });
    expect(isQuiet(anna)).toBe(true);
    server.refuseCall = () => undefined;
    server.appendList(anna.accountId, person.next(three, [first, person.second, third]), []);
    expect(await anna.upkeep.unlinking.unlink(second.deviceId, { password: PASSWORD })).toMatchObject({
      outcome: 'ok',
    });
    expect(listed(anna)).not.toContain(second.deviceId);
    expect(listed(anna)).toHaveLength(2);
  });

  it('leaves nothing behind where the device is killed before the server has the list', async () => {
    const { server, anna, second } = await family();
    let back: (() => Promise<void>) | undefined;
    breakAt(server, 'appendDeviceList', 'before', () => (back = anna.crash()));
    await anna.upkeep.unlinking.unlink(second.deviceId, { password: PASSWORD });
    await back?.();
    await settled(anna);
    expect(listed(anna)).toHaveLength(2);
    expect(keysOf(anna).keysVersion).toBe(0);
  });

  it.each([
    ['appendDeviceList', 'after'],
    ['putStorageRecord', 'before'],
    ['putStorageRecord', 'after'],
    ['putRecoveryBlob', 'before'],
    ['putRecoveryBlob', 'after'],
    ['replaceAccessKey', 'before'],
    ['replaceAccessKey', 'after'],
  ] as const)('comes to its end where the device is killed at %s, %s the server acts', async (route, when) => {
    const { server, bob, anna, second } = await family();
    const before = keysOf(anna);
    const account = server.accountOf(anna.deviceId);
    let back: (() => Promise<void>) | undefined;
    breakAt(server, route, when, () => (back = anna.crash()));
    await anna.upkeep.unlinking.unlink(second.deviceId, { password: PASSWORD });
    await until(() => {
      anna.clock.advance(3_000);
      return back !== undefined;
    });
    await back?.();
    await settled(anna);
    const after = keysOf(anna);
    expect(listed(anna)).toEqual([anna.deviceId]);
    expect(after.storageKey).not.toEqual(before.storageKey);
    await until(() => Buffer.from(known(bob, anna) ?? []).equals(after.profileKey));
    expect(account.verifiers).toContainEqual(verifierOf(anna));
    await bob.says(anna, 'still heard');
  });
});

describe('leaving', () => {
  it('takes this very device off, which keeps what it has; another one replaces the keys', async () => {
    const { person, bob, anna, second } = await family();
    await underPassword(second, person.second);
    const before = keysOf(anna);
    expect(await second.upkeep.unlinking.unlink(second.deviceId, { password: PASSWORD })).toMatchObject({
      outcome: 'ok',
    });
    expect(second.connection.state.state).not.toBe('online');
    expect(second.texts(bob)).toContain('hello');
    await anna.devices.refresh(anna.accountId);
    expect(listed(anna)).toEqual([anna.deviceId]);
    await settled(anna);
    expect(keysOf(anna).storageKey).not.toEqual(before.storageKey);
    expect(keysOf(second).storageKey).toEqual(before.storageKey);
  });
});

describe('blocking', () => {
  it('replaces the profile key at once, and the blocked person does not learn the new one', async () => {
    const { server, bob, anna, second } = await family();
    const carol = stoppedAfterwards(await TestClient.register(server, 'carol'));
    await anna.meet(carol);
    await anna.says(carol, 'hello');
    await carol.says(anna, 'hello yourself');
    const before = keysOf(anna);
    anna.messaging.chats.setBlocked(bob.accountId, true);
    await settled(anna);
    const after = keysOf(anna);
    expect(server.accountOf(anna.deviceId).verifiers).toEqual([verifierOf(anna)]);
    await until(() => Buffer.from(known(carol, anna) ?? []).equals(after.profileKey));
    await until(() => Buffer.from(keysOf(second).profileKey).equals(after.profileKey));
    anna.send(bob, 'a last word');
    await anna.hasState(bob, 'sent');
    await until(() => bob.texts(anna).includes('a last word'));
    expect(known(bob, anna)).toEqual(before.profileKey);
  });
});
