/** The recovery kit and the ways back with it, against the server that people run, whose clock the test turns. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { PendingRecoveryView, RecoveryKeyView } from '@sotto/client/bridge';
import { createCore, type Core } from '@sotto/client/core';
import { parseUnixMs } from '@sotto/protocol/ids';
import { startServer } from '@sotto/server';
import {
  allMessages,
  chatWith,
  confirmKit,
  eventually,
  newMessageId,
  online,
  register,
  textsFrom,
} from '../harness/people.js';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.js';

jest.setTimeout(240_000);

const PASSWORD = 'correct-horse-battery-staple-42';
const NEW_PASSWORD = 'another-horse-and-its-battery-43';
const DAY_MS = 24 * 3_600_000;

type Server = Awaited<ReturnType<typeof startServer>>;

let folder: TemporaryFolder;
let server: Server;
let ahead = 0;
let profiles = 0;
const cores = new Set<Core>();

const now = () => {
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

const open = async (name = `profile-${String((profiles += 1))}`): Promise<Core> => {
  const core = await createCore({ profileFolder: join(folder.path, name), clock });
  cores.add(core);
  return core;
};

const stop = async (core: Core): Promise<void> => {
  cores.delete(core);
  await core.stop();
};

const person = async (name: string): Promise<Core> => {
  const core = await open();
  await register(core, server.address, name);
  return core;
};

const recoverOn = (core: Core, kit: RecoveryKeyView, more: { knownPassword?: string; deviceName?: string } = {}) =>
  core.call('recover', {
    address: server.address,
    key: kit.groups.join('-'),
    newPassword: NEW_PASSWORD,
    deviceName: 'A new one',
    ...more,
  });

const says = async (from: Core, to: string, text: string) => {
  const { chatId } = await from.call('startChat', { username: to });
  await from.call('sendText', { chatId, messageId: newMessageId(), text });
};

const shows = (core: Core, from: string, text: string) =>
  eventually(core, `${from}'s "${text}"`, async () => {
    const { chatId } = await chatWith(core, from);
    return textsFrom(await allMessages(core, chatId), 'peer').includes(text) || undefined;
  });

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
  await Promise.all([...cores].map(stop));
  await server.stop();
  await folder.remove();
});

describe('the recovery kit', () => {
  it('is shown for the password alone, confirmed by its groups, and gone then', async () => {
    const alice = await person('kit');
    expect(await alice.call('recoveryKit', {})).toEqual({ state: 'unconfirmed' });
    await expect(alice.call('showRecoveryKey', { password: 'a wrong password' })).rejects.toMatchObject({
      failure: { code: 'wrongCredentials' },
    });
    const { groups, asked } = await alice.call('showRecoveryKey', { password: PASSWORD });
    expect([groups.length, asked.length]).toEqual([15, 2]);
    await expect(
      alice.call('confirmRecoveryKit', { password: PASSWORD, groups: ['AAAA', 'AAAA'] }),
    ).rejects.toMatchObject({ failure: { code: 'kitGroupsDiffer' } });
    const right = asked.map((number) => groups[number - 1] ?? '');
    expect(await alice.call('confirmRecoveryKit', { password: PASSWORD, groups: right })).toMatchObject({
      state: 'confirmed',
    });
    await expect(alice.call('showRecoveryKey', { password: PASSWORD })).rejects.toMatchObject({
      failure: { code: 'kitConfirmed' },
    });
  });

  it('brings the account back with no device left, and people write to the new one', async () => {
    const [alice, bob] = [await person('anna'), await person('bert')];
    await says(alice, 'bert', 'before');
    await shows(bob, 'anna', 'before');
    const kit = await confirmKit(alice);
    await stop(alice);
    ahead += 8 * DAY_MS;
    const again = await open();
    expect(await recoverOn(again, kit)).toEqual({ state: 'done' });
    await online(again);
    expect(await again.call('getApp', {})).toMatchObject({ phase: 'ready', account: { username: 'anna' } });
    await says(bob, 'anna', 'after');
    await shows(again, 'bert', 'after');
    await says(again, 'bert', 'I am back');
    await shows(bob, 'anna', 'I am back');
    // The old password is worth nothing any more, the new one opens the account.
    const checked = (password: string) =>
      bob.call('checkAccount', { address: server.address, identifier: 'anna', password });
    await expect(checked(PASSWORD)).rejects.toMatchObject({ failure: { code: 'wrongCredentials' } });
    expect(await checked(NEW_PASSWORD)).toEqual({ username: 'anna' });
  });

  it('waits a day where another device is in use, goes on after a restart, and is stopped by a veto', async () => {
    const clara = await person('clara');
    const kit = await confirmKit(clara);
    const thief = await open();
    const told: PendingRecoveryView[] = [];
    clara.subscribe((event) => {
      if (event.type === 'pendingRecoveries') told.push(...event.pendingRecoveries);
    });
    expect(await recoverOn(thief, kit)).toMatchObject({ state: 'held', username: 'clara' });
    // Whoever may object hears of it without asking.
    await eventually(clara, 'to be told', () => Promise.resolve(told[0]));
    const [pending] = await clara.call('pendingRecoveries', {});
    expect(pending).toMatchObject({ kind: 'recovery', canVeto: true });
    const id = pending?.id ?? '';
    await expect(clara.call('vetoRecovery', { id, password: 'a wrong password' })).rejects.toMatchObject({
      failure: { code: 'wrongCredentials' },
    });
    await clara.call('vetoRecovery', { id, password: PASSWORD });
    expect(await thief.call('continueRecovery', {})).toEqual({ state: 'vetoed', username: 'clara' });
    expect(await thief.call('closeRecovery', {})).toEqual({ state: 'none' });
    // The owner herself, on a device whose profile is closed meanwhile.
    const name = 'clara-again';
    const second = await open(name);
    expect(await recoverOn(second, kit, { deviceName: 'Found again' })).toMatchObject({ state: 'held' });
    await stop(second);
    ahead += DAY_MS + 60_000;
    const third = await open(name);
    await online(third);
    expect(await third.call('getApp', {})).toMatchObject({ account: { username: 'clara' } });
    const { devices } = await third.call('listDevices', {});
    expect(devices.map(({ name }) => name)).toEqual(['Found again']);
  });

  it('cannot be vetoed with a password that was valid lately', async () => {
    const doris = await person('doris');
    const kit = await confirmKit(doris);
    const own = await open();
    await expect(recoverOn(own, kit, { knownPassword: 'not the password of doris' })).rejects.toMatchObject({
      failure: { code: 'wrongCredentials' },
    });
    expect(await own.call('recovery', {})).toEqual({ state: 'none' });
    expect(await recoverOn(own, kit, { knownPassword: PASSWORD })).toMatchObject({ state: 'held' });
    const [pending] = await doris.call('pendingRecoveries', {});
    expect(pending).toMatchObject({ canVeto: false });
    await expect(doris.call('vetoRecovery', { id: pending?.id ?? '', password: PASSWORD })).rejects.toMatchObject({
      failure: { code: 'notNow' },
    });
    ahead += DAY_MS + 60_000;
    expect(await own.call('continueRecovery', {})).toEqual({ state: 'done' });
  });

  it('says what is wrong with what was typed', async () => {
    const core = await open();
    const attempt = (key: string) =>
      core.call('recover', { address: server.address, key, newPassword: NEW_PASSWORD, deviceName: 'x' });
    await expect(attempt('hello')).rejects.toMatchObject({ failure: { code: 'recoveryKeyUnreadable' } });
    const emil = await person('emil');
    const { groups } = await emil.call('showRecoveryKey', { password: PASSWORD });
    // Nothing was printed and confirmed, so the server knows nothing of the key.
    await expect(attempt(groups.join(' '))).rejects.toMatchObject({ failure: { code: 'recoveryKeyUnknown' } });
    const wrong = groups.map((group, index) => (index === 4 ? `${group.slice(1)}${group.slice(0, 1)}` : group));
    if (wrong[4] !== groups[4]) {
      await expect(attempt(wrong.join(' '))).rejects.toMatchObject({
        failure: { code: 'recoveryKeyMistyped', params: { group: 5 } },
      });
    }
  });
});

describe('a new recovery key', () => {
  it('takes the place of the old one at once where that is at hand', async () => {
    const [frida, gustav] = [await person('frida'), await person('gustav')];
    await says(gustav, 'frida', 'one');
    await shows(frida, 'gustav', 'one');
    const old = await confirmKit(frida);
    await frida.call('replaceRecoveryKey', { password: PASSWORD, oldKey: old.groups.join('-') });
    expect(await frida.call('recoveryKit', {})).toEqual({ state: 'unconfirmed' });
    const kit = await confirmKit(frida);
    expect(kit.groups).not.toEqual(old.groups);
    await says(gustav, 'frida', 'two');
    await shows(frida, 'gustav', 'two');
    await says(frida, 'gustav', 'three');
    await shows(gustav, 'frida', 'three');
    await stop(frida);
    ahead += 8 * DAY_MS;
    const again = await open();
    await expect(recoverOn(again, old)).rejects.toMatchObject({ failure: { code: 'recoveryKeyUnknown' } });
    expect(await recoverOn(again, kit)).toEqual({ state: 'done' });
  });

  it('takes it after a week without it, and not at all after a veto', async () => {
    const hanna = await person('hanna');
    await confirmKit(hanna);
    const { effectiveAt } = await hanna.call('replaceRecoveryKey', { password: PASSWORD });
    expect(Math.abs(effectiveAt - now() - 7 * DAY_MS)).toBeLessThan(DAY_MS / 24);
    const [pending] = await hanna.call('pendingRecoveries', {});
    expect(pending).toMatchObject({ kind: 'newRoot', canVeto: true });
    ahead += 7 * DAY_MS + 60_000;
    await hanna.call('replaceRecoveryKey', { password: PASSWORD });
    expect(await hanna.call('recoveryKit', {})).toEqual({ state: 'unconfirmed' });
  });
});

describe('a backup file', () => {
  const copy = async (from: Core, passphrase: string): Promise<Uint8Array> => {
    const { transfer, length } = await from.call('startBackup', { passphrase });
    const pieces: Buffer[] = [];
    for (let offset = 0, end = false; !end;) {
      const piece = await from.call('readBackup', { transfer, offset });
      pieces.push(Buffer.from(piece.bytes, 'base64'));
      offset += pieces.at(-1)?.length ?? 0;
      end = piece.end;
    }
    await from.call('closeTransfer', { transfer });
    const file = Buffer.concat(pieces);
    expect(file.length).toBe(length);
    return file;
  };

  const restore = async (into: Core, file: Uint8Array, secret: string) => {
    const { transfer } = await into.call('startRestore', {});
    for (let offset = 0; offset < file.length; offset += 500_000) {
      const bytes = Buffer.from(file.subarray(offset, offset + 500_000)).toString('base64');
      await into.call('writeRestore', { transfer, offset, bytes });
    }
    try {
      return await into.call('finishRestore', { transfer, secret });
    } finally {
      await into.call('closeTransfer', { transfer });
    }
  };

  it('restores what a recovered account has lost, by passphrase or recovery key, and nobody else', async () => {
    const [ida, jan] = [await person('ida'), await person('jan')];
    await says(ida, 'jan', 'to be kept');
    await shows(jan, 'ida', 'to be kept');
    await says(jan, 'ida', 'an answer');
    await shows(ida, 'jan', 'an answer');
    const kit = await confirmKit(ida);
    const file = await copy(ida, 'a passphrase of some length 77');
    await stop(ida);
    ahead += 8 * DAY_MS;
    const again = await open();
    await recoverOn(again, kit);
    await online(again);
    const refused = (code: string) => ({ failure: { code } });
    await expect(restore(again, file, 'another passphrase')).rejects.toMatchObject(refused('wrongBackupSecret'));
    await expect(restore(again, Buffer.from('no backup'), 'x')).rejects.toMatchObject(refused('notABackup'));
    const damaged = Uint8Array.from(file);
    damaged[damaged.length - 9] = (damaged[damaged.length - 9] ?? 0) ^ 1;
    await expect(restore(again, damaged, kit.groups.join('-'))).rejects.toMatchObject(refused('backupDamaged'));
    await expect(restore(jan, file, kit.groups.join('-'))).rejects.toMatchObject(refused('backupForeign'));
    expect(await restore(again, file, kit.groups.join('-'))).toEqual({ added: 3, known: 0, chats: 1 });
    expect(await restore(again, file, 'a passphrase of some length 77')).toEqual({ added: 0, known: 3, chats: 1 });
    const { chatId } = await chatWith(again, 'jan');
    const texts = await allMessages(again, chatId);
    expect(textsFrom(texts, 'self')).toEqual(['to be kept']);
    expect(textsFrom(texts, 'peer')).toEqual(['an answer']);
  });
});
