/** The account as its owner sees and changes it, on the server that people run, with mail that really goes. */
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { BridgeErrorCode } from '@sotto/client/bridge';
import { createCore, type Core } from '@sotto/client/core';
import { parseUnixMs, type UnixMs } from '@sotto/protocol/ids';
import { startServer } from '@sotto/server';
import { startMailServer, type MailServer } from '../harness/mail-server.js';
import {
  allMessages,
  chatWith,
  confirmKit,
  eventually,
  linkDevice,
  newMessageId,
  online,
  textsFrom,
} from '../harness/people.js';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.js';

// Each stretch of a password takes 64 MiB and its time.
jest.setTimeout(240_000);

const PASSWORD = 'correct-horse-battery-staple-42';
const SECOND = 'trombone-basalt-kayak';
const THIRD = 'lantern-orchid-vinegar';

let folder: TemporaryFolder;
let mail: MailServer;
let server: Awaited<ReturnType<typeof startServer>>;
const cores = new Set<Core>();
let ahead = 0;

const now = (): UnixMs => {
  const time = parseUnixMs(Date.now() + ahead);
  if (time === undefined) throw new Error('no time');
  return time;
};

const open = async (name: string): Promise<Core> => {
  const core = await createCore({ profileFolder: join(folder.path, name) });
  cores.add(core);
  return core;
};
const close = async (core: Core): Promise<void> => {
  cores.delete(core);
  await core.stop();
};
const person = async (name: string, email?: string): Promise<Core> => {
  const core = await open(name);
  await core.call('register', {
    address: server.address,
    username: name,
    password: PASSWORD,
    ...(email === undefined ? {} : { email }),
  });
  await online(core);
  return core;
};
const refusedWith = (code: BridgeErrorCode) => expect.objectContaining({ failure: expect.objectContaining({ code }) });
const link = async (from: Core, name: string): Promise<Core> => {
  const to = await open(name);
  await linkDevice(from, to, { deviceName: name, history: false });
  return to;
};
const reaches = (core: Core, state: string) =>
  eventually(core, state, async () => {
    const app = await core.call('getApp', {});
    return app.phase === 'ready' && app.connection.state === state ? true : undefined;
  });

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** The code of an authenticator at a time, made from the key that was shown (RFC 6238). */
const totp = (secret: string, at: number): string => {
  const bits = secret
    .replaceAll(' ', '')
    .split('')
    .map((character) => BASE32.indexOf(character).toString(2).padStart(5, '0'));
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))))
    .update(counter)
    .digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
};

beforeAll(async () => {
  folder = await temporaryFolder();
  mail = await startMailServer();
  server = await startServer({
    settings: {
      SOTTO_DATA: join(folder.path, 'server'),
      SOTTO_PORT: '0',
      SOTTO_LOG_LEVEL: 'error',
      SOTTO_LIMIT_FACTOR: '1000000',
      SOTTO_SMTP_URL: mail.url,
      SOTTO_MAIL_FROM: 'sotto@example.org',
    },
    clock: now,
    logTo: { write: () => undefined },
  });
});

afterAll(async () => {
  await Promise.all([...cores].map((core) => core.stop()));
  await server.stop();
  await mail.stop();
  await folder.remove();
});

it('an address is confirmed by the code that was mailed to it, changed, and taken away', async () => {
  const anna = await person('anna', 'anna@example.org');
  expect(await anna.call('accountPage', {})).toMatchObject({ pendingEmail: 'anna@example.org', mail: true });
  await expect(anna.call('confirmEmail', { code: 'AAAA-AAAA-AAAA-AAAA' })).rejects.toEqual(
    refusedWith('mailCodeUnknown'),
  );
  const code = await mail.nextCode('anna@example.org');
  const confirmed = await anna.call('confirmEmail', { code: code.toLowerCase().replaceAll('-', ' ') });
  expect(confirmed).toMatchObject({ email: 'anna@example.org', emailConfirmedAt: expect.any(Number) });
  await expect(anna.call('changeEmail', { email: 'nobody', password: PASSWORD })).rejects.toEqual(
    refusedWith('emailInvalid'),
  );
  await expect(anna.call('changeEmail', { email: 'a@example.org', password: 'wrong' })).rejects.toEqual(
    refusedWith('wrongCredentials'),
  );
  const changed = await anna.call('changeEmail', { email: 'new@example.org', password: PASSWORD });
  expect(changed).toMatchObject({ confirmationSent: true, page: { email: 'anna@example.org' } });
  await anna.call('confirmEmail', { code: await mail.nextCode('new@example.org') });
  expect(await anna.call('accountPage', {})).toMatchObject({ email: 'new@example.org' });
  const removed = await anna.call('changeEmail', { password: PASSWORD });
  expect(removed.confirmationSent).toBe(false);
  expect(removed.page).not.toHaveProperty('email');
});

it('a second factor is asked for once an authenticator has shown a code, and a backup code stands in for it', async () => {
  const bob = await person('bob');
  const { secret, uri } = await bob.call('proposeSecondFactor', { password: PASSWORD });
  expect(uri).toContain(`secret=${secret.replaceAll(' ', '')}`);
  await expect(bob.call('confirmSecondFactor', { code: '12345' })).rejects.toEqual(refusedWith('wrongSecondFactor'));
  const { backupCodes } = await bob.call('confirmSecondFactor', { code: totp(secret, now()) });
  expect(backupCodes).toHaveLength(10);
  await bob.call('signOut', {});
  await expect(bob.call('signIn', { password: PASSWORD })).rejects.toEqual(refusedWith('secondFactorRequired'));
  const [first = ''] = backupCodes;
  await bob.call('signIn', { password: PASSWORD, secondFactor: first });
  await online(bob);
  expect(await bob.call('accountPage', {})).toMatchObject({ secondFactor: true, backupCodes: 9 });
  ahead += 60_000;
  const renewed = await bob.call('renewBackupCodes', { password: PASSWORD, secondFactor: totp(secret, now()) });
  const old = { password: PASSWORD, secondFactor: backupCodes[1] };
  await expect(bob.call('removeSecondFactor', old)).rejects.toEqual(refusedWith('wrongSecondFactor'));
  const off = await bob.call('removeSecondFactor', { password: PASSWORD, secondFactor: renewed.backupCodes[0] });
  expect(off).toMatchObject({ secondFactor: false, backupCodes: 0 });
});

it('the linking lock holds until the password lifts it', async () => {
  const carol = await person('carol');
  await confirmKit(carol);
  expect(await carol.call('lockLinking', {})).toMatchObject({ linkingLocked: true });
  const offer = { password: PASSWORD, mode: 'text', history: false } as const;
  await expect(carol.call('startLinkOffer', offer)).rejects.toEqual(refusedWith('linkingLocked'));
  await expect(carol.call('unlockLinking', { password: 'wrong' })).rejects.toEqual(refusedWith('wrongCredentials'));
  expect(await carol.call('unlockLinking', { password: PASSWORD })).toMatchObject({ linkingLocked: false });
  expect(await carol.call('startLinkOffer', offer)).toMatchObject({ state: 'showing' });
  await carol.call('closeLinkOffer', {});
});

it('a changed password opens every device, and one that was reset opens the keys after the one before', async () => {
  const dora = await person('dora', 'dora@example.org');
  await dora.call('confirmEmail', { code: await mail.nextCode('dora@example.org') });
  await confirmKit(dora);
  const laptop = await link(dora, 'laptop');
  const friend = await person('friend');
  const { chatId } = await friend.call('startChat', { username: 'dora' });
  await friend.call('sendText', { chatId, messageId: newMessageId(), text: 'before' });

  await expect(dora.call('changePassword', { password: PASSWORD, newPassword: 'dora dora' })).rejects.toEqual(
    refusedWith('passwordTooShort'),
  );
  await dora.call('changePassword', { password: PASSWORD, newPassword: SECOND });
  await online(dora);
  await reaches(laptop, 'signedOut');
  await expect(laptop.call('signIn', { password: PASSWORD })).rejects.toEqual(refusedWith('wrongCredentials'));
  await laptop.call('signIn', { password: SECOND });
  await online(laptop);
  // As soon as the storage record is there, the new password opens what was wrapped under the one before.
  await eventually(laptop, 'its keys to open', () =>
    laptop.call('signOutOthers', { password: SECOND }).then(
      () => true,
      (error: unknown) => {
        expect(error).toEqual(refusedWith('keysUnderEarlierPassword'));
        return undefined;
      },
    ),
  );
  expect(await laptop.call('accountPage', {})).toMatchObject({ keysClosed: false });
  await reaches(dora, 'signedOut');
  await dora.call('signIn', { password: SECOND });
  await online(dora);

  // Somebody who has forgotten it, at a machine that knows nothing.
  const elsewhere = await open('elsewhere');
  const at = { address: server.address, identifier: 'dora' };
  await elsewhere.call('requestPasswordReset', { address: server.address, identifier: 'nobody_here' });
  await elsewhere.call('requestPasswordReset', at);
  const code = await mail.nextCode('dora@example.org');
  const wrong = { ...at, code: 'AAAA-AAAA-AAAA-AAAA', newPassword: THIRD };
  await expect(elsewhere.call('resetPassword', wrong)).rejects.toEqual(refusedWith('mailCodeUnknown'));
  await elsewhere.call('resetPassword', { ...at, code, newPassword: THIRD });
  await expect(elsewhere.call('resetPassword', { ...at, code, newPassword: SECOND })).rejects.toEqual(
    refusedWith('mailCodeUnknown'),
  );
  expect(await elsewhere.call('checkAccount', { ...at, password: THIRD })).toEqual({ username: 'dora' });

  // Messages go on; what the password guards waits for the one before.
  await friend.call('sendText', { chatId, messageId: newMessageId(), text: 'after' });
  const chat = await chatWith(dora, 'friend');
  await eventually(dora, 'the message', async () =>
    textsFrom(await allMessages(dora, chat.chatId), 'peer').includes('after') ? true : undefined,
  );
  await expect(dora.call('signOutOthers', { password: SECOND })).rejects.toEqual(refusedWith('wrongCredentials'));
  await expect(dora.call('signOutOthers', { password: THIRD })).rejects.toEqual(
    refusedWith('keysUnderEarlierPassword'),
  );
  expect(await dora.call('accountPage', {})).toMatchObject({ keysClosed: true });
  const proof = { password: THIRD, earlierPassword: PASSWORD };
  await expect(dora.call('openWithEarlierPassword', proof)).rejects.toEqual(refusedWith('wrongEarlierPassword'));
  await dora.call('openWithEarlierPassword', { password: THIRD, earlierPassword: SECOND });
  await dora.call('signOutOthers', { password: THIRD });
  expect(await dora.call('accountPage', {})).toMatchObject({ keysClosed: false });
});

it('what the server has is handed over, and then it is gone, here and there', async () => {
  const erna = await person('erna');
  await confirmKit(erna);
  const tablet = await link(erna, 'tablet');
  const exported = await erna.call('exportAccount', { password: PASSWORD });
  expect(exported.fileName).toMatch(/^sotto-erna-\d{4}-\d\d-\d\d\.json$/);
  const content = JSON.parse(exported.text) as { account: object; devices: object[] };
  expect(content.account).toMatchObject({ username: 'erna' });
  expect(content.devices).toHaveLength(2);

  await expect(erna.call('deleteAccount', { password: 'wrong' })).rejects.toEqual(refusedWith('wrongCredentials'));
  const key = readFileSync(join(folder.path, 'erna', 'key.json'), 'utf8');
  expect(await erna.call('deleteAccount', { password: PASSWORD })).toEqual({ phase: 'noAccount' });
  expect(readFileSync(join(folder.path, 'erna', 'key.json'), 'utf8')).not.toBe(key);
  await reaches(tablet, 'signedOut');
  await expect(tablet.call('signIn', { password: PASSWORD })).rejects.toEqual(refusedWith('accountGone'));
  await expect(tablet.call('eraseProfile', { username: 'anna' })).rejects.toEqual(refusedWith('usernameDiffers'));
  expect(await tablet.call('eraseProfile', { username: '@Erna' })).toEqual({ phase: 'noAccount' });
  // What is there is what a new profile has.
  const fresh = await open('fresh');
  const files = (name: string): readonly string[] => readdirSync(join(folder.path, name)).toSorted();
  for (const name of ['erna', 'tablet']) expect(files(name)).toEqual(files('fresh'));
  await close(fresh);

  // Both begin anew, also after a restart, and the name is free.
  await close(tablet);
  const again = await open('tablet');
  expect(await again.call('getApp', {})).toEqual({ phase: 'noAccount' });
  await again.call('register', { address: server.address, username: 'erna', password: SECOND });
  await online(again);
  expect(await again.call('listChats', {})).toEqual([]);
  expect(await erna.call('getApp', {})).toEqual({ phase: 'noAccount' });
});
