/** Two devices of one person, the server that people run, and a friend: told of each other, in step, and parted again. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { parseUnixMs, type AccountId, type UnixMs } from '@sotto/protocol/ids';
import { createCore, type Core, type CoreLog } from '@sotto/client/core';
import { startServer } from '@sotto/server';
import {
  allMessages,
  chatWith,
  confirmKit,
  eventually,
  linkDevice,
  newMessageId,
  online,
  register,
  textsFrom,
} from '../harness/people.js';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.js';

jest.setTimeout(240_000);

const DAY_MS = 24 * 3_600_000;
const PASSWORD = 'correct-horse-battery-staple-42';

let folder: TemporaryFolder;
let server: Awaited<ReturnType<typeof startServer>>;
const cores = new Set<Core>();
let ahead = 0;

const now = (): UnixMs => {
  const time = parseUnixMs(Date.now() + ahead);
  if (time === undefined) throw new Error('no time');
  return time;
};
/** The timers of a core stay those of the machine; what it reads is the time of the test. */
const clock = {
  now,
  after: (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

const open = async (name: string, logger: CoreLog = () => undefined): Promise<Core> => {
  const core = await createCore({ profileFolder: join(folder.path, name), clock, logger });
  cores.add(core);
  return core;
};

const person = async (name: string): Promise<Core> => {
  const core = await open(name);
  await register(core, server.address, name);
  return core;
};

const link = async (from: Core, name: string): Promise<Core> => {
  const to = await open(name);
  await linkDevice(from, to, { deviceName: name, history: true });
  return to;
};

const says = async (from: Core, to: string, text: string): Promise<void> => {
  const { chatId } = await from.call('startChat', { username: to });
  await from.call('sendText', { chatId, messageId: newMessageId(), text });
};

const texts = async (core: Core, chatId: AccountId) => textsFrom(await allMessages(core, chatId), 'peer');
const shows = (core: Core, from: string, text: string) =>
  eventually(core, `${from}'s "${text}"`, async () => {
    const { chatId } = await chatWith(core, from);
    return (await texts(core, chatId)).includes(text) || undefined;
  });
const devicesOf = async (core: Core) => (await core.call('listDevices', {})).devices;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startServer({
    settings: {
      SOTTO_DATA: join(folder.path, 'server'),
      SOTTO_PORT: '0',
      SOTTO_LOG_LEVEL: 'error',
      SOTTO_LIMIT_FACTOR: '1000000',
    },
    clock: now,
  });
});

afterAll(async () => {
  await Promise.all([...cores].map((core) => core.stop()));
  await server.stop();
  await folder.remove();
});

it('P11, P13: are told of each other, stay in step, and an unlinked one is out while the others go on with new keys', async () => {
  const bob = await person('bob');
  const first = await person('anna');
  await confirmKit(first);
  await says(first, 'bob', 'hello');
  await shows(bob, 'anna', 'hello');
  const [{ deviceId: firstId } = { deviceId: undefined }] = await devicesOf(first);
  const second = await link(first, 'second');
  const [{ deviceId: secondId } = { deviceId: undefined }] = await devicesOf(second);
  if (firstId === undefined || secondId === undefined) throw new Error('a device is not on its own list');

  // A third one is news to the second, within two seconds of the list's change, and not to the first, which has linked it.
  const appeared: string[] = [];
  let toldAt = 0;
  second.subscribe((event) => {
    if (event.type !== 'devices' || event.appeared === undefined) return;
    appeared.push(...event.appeared);
    toldAt = Date.now();
  });
  const third = await link(first, 'third');
  const joinedAt = Date.now();
  const [{ deviceId: thirdId } = { deviceId: undefined }] = await devicesOf(third);
  await eventually(second, 'to be told', async () => (appeared.length > 0 ? true : undefined));
  expect(appeared).toEqual([thirdId]);
  expect(toldAt - joinedAt).toBeLessThan(2_000);
  expect((await devicesOf(second)).filter(({ unacknowledged }) => unacknowledged)).toHaveLength(1);
  expect((await devicesOf(first)).filter(({ unacknowledged }) => unacknowledged)).toEqual([]);

  // What is done on one shows on the others.
  await says(bob, 'anna', 'to all of you');
  for (const device of [first, second, third]) await shows(device, 'bob', 'to all of you');
  await eventually(first, 'the names', async () => {
    const names = (await devicesOf(first)).map(({ name }) => name);
    return names.includes('second') && names.includes('third') ? true : undefined;
  });
  await third.call('renameDevice', { deviceId: firstId, name: 'the desk' });
  await eventually(second, 'the name', async () => {
    const found = (await devicesOf(second)).find(({ deviceId }) => deviceId === firstId);
    return found?.name === 'the desk' ? true : undefined;
  });
  await second.call('setAccountSettings', { readReceipts: false });
  await eventually(first, 'the setting', async () =>
    (await first.call('accountSettings', {})).readReceipts ? undefined : true,
  );

  // The second one is taken off: it keeps what it has, and nothing works on it any more.
  await expect(first.call('unlinkDevice', { deviceId: secondId, password: 'a wrong one' })).rejects.toMatchObject({
    failure: { code: 'wrongCredentials' },
  });
  const left = await first.call('unlinkDevice', { deviceId: secondId, password: PASSWORD });
  expect(left.devices.map(({ deviceId }) => deviceId).toSorted()).toEqual([firstId, thirdId].toSorted());
  await eventually(second, 'to see that it is out', async () => {
    const app = await second.call('getApp', {});
    return app.phase === 'ready' && app.connection.state === 'unlinked' ? true : undefined;
  });
  const { chatId } = await chatWith(second, 'bob');
  expect(await texts(second, chatId)).toContain('to all of you');
  await expect(
    second.call('sendText', { chatId, messageId: newMessageId(), text: 'still here?' }),
  ).rejects.toMatchObject({ failure: { code: 'unlinked' } });
  await expect(second.call('listDevices', {})).rejects.toMatchObject({ failure: { code: 'unlinked' } });

  // Everybody else goes on, under the new keys.
  await says(bob, 'anna', 'after that');
  for (const device of [first, third]) await shows(device, 'bob', 'after that');
  expect(await texts(second, chatId)).not.toContain('after that');
  await says(third, 'bob', 'from the third');
  await shows(bob, 'anna', 'from the third');
});

it('gives an account that comes back by its recovery key its contacts and settings, under new keys', async () => {
  const carl = await person('carl');
  let written = 0;
  const before = await open('dora', (event) => {
    if (event === 'storageRecord.written') written += 1;
  });
  await register(before, server.address, 'dora');
  const { groups } = await confirmKit(before);
  await says(before, 'carl', 'hello');
  await shows(carl, 'dora', 'hello');
  await eventually(before, 'the first record', async () => (written > 0 ? true : undefined));
  written = 0;
  await before.call('setAccountSettings', { readReceipts: false });
  await eventually(before, 'the record', async () => (written > 0 ? true : undefined));
  cores.delete(before);
  await before.stop();
  // A device that was there in the last week would have a day to object.
  ahead += 8 * DAY_MS;

  const after = await open('dora again');
  await after.call('recover', {
    address: server.address,
    key: groups.join('-'),
    newPassword: `${PASSWORD}-too`,
    deviceName: 'again',
  });
  await online(after);
  expect((await chatWith(after, 'carl')).standing).toBe('accepted');
  await eventually(after, 'the setting', async () =>
    (await after.call('accountSettings', {})).readReceipts ? undefined : true,
  );
  await says(carl, 'dora', 'welcome back');
  await shows(after, 'carl', 'welcome back');
  await says(after, 'carl', 'thank you');
  await shows(carl, 'dora', 'thank you');
});
