import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { BridgeError, type BridgeFailure, type CoreEvent, type CoreMethod } from '@sotto/client/bridge';
import { createCore, type Core, type CoreOptions } from './index.js';
import { newAccountId, newMessageId } from './testing/known-values.js';
import { temporaryFolder } from './testing/temporary-profile.js';

jest.setTimeout(60_000);

const PASSPHRASE = 'a harp sings beneath the lighthouse';
const OTHER = 'seven quiet badgers count the tides';

const running: Core[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((core) => core.stop()));
});
const start = async (profileFolder: string, options: Partial<CoreOptions> = {}): Promise<Core> => {
  const core = await createCore({ profileFolder, ...options });
  running.push(core);
  return core;
};
const stop = async (core: Core): Promise<void> => {
  running.splice(running.indexOf(core), 1);
  await core.stop();
};

const failureOf = async (work: Promise<unknown>): Promise<BridgeFailure | undefined> => {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof BridgeError) return error.failure;
    throw error;
  }
};
const codeOf = async (work: Promise<unknown>) => (await failureOf(work))?.code;

describe('a new core', () => {
  it('has no account, says what guards its key, and refuses what needs an account', async () => {
    const warnings: string[] = [];
    const core = await start(temporaryFolder(), { logger: (event) => warnings.push(event) });
    expect(await core.call('getApp', {})).toEqual({ phase: 'noAccount' });
    expect(core.keyProtection).toBe('keyFile');
    expect(warnings).toContain('keyFile.unprotected');
    const chatId = newAccountId();
    const messageId = newMessageId();
    expect(await codeOf(core.call('listChats', {}))).toBe('noAccount');
    expect(await codeOf(core.call('sendText', { chatId, messageId, text: 'x' }))).toBe('noAccount');
    expect(await codeOf(core.call('signIn', { password: 'x' }))).toBe('noAccount');
    expect(await codeOf(core.call('signOut', {}))).toBe('noAccount');
    expect(await codeOf(core.call('reconnect', {}))).toBe('noAccount');
  });

  it.each<[CoreMethod, unknown]>([
    ['getApp', { extra: 1 }],
    ['toString' as CoreMethod, {}],
    ['noSuchMethod' as CoreMethod, {}],
    ['unlock', {}],
    ['sendText', { chatId: 'not an id', messageId: newMessageId(), text: 'x' }],
    ['sendText', { chatId: newAccountId(), messageId: newMessageId(), text: 7 }],
    ['listMessages', { chatId: newAccountId(), limit: 0 }],
    ['listMessages', { chatId: newAccountId(), limit: 201 }],
    ['markRead', null],
    ['startChat', undefined],
  ])('refuses %s with %j as a bad call', async (method, params) => {
    const core = await start(temporaryFolder());
    expect(await codeOf(core.call(method, params as never))).toBe('badCall');
  });

  it('says in words of the bridge what is wrong with an address, a name, a password, and that nobody answers', async () => {
    const core = await start(temporaryFolder());
    const details = { username: 'alice', password: 'correct horse battery staple' };
    const register = (more: object) => core.call('register', { address: 'http://127.0.0.1:9', ...details, ...more });
    expect(await codeOf(register({ address: 'http://chat.example.org' }))).toBe('insecureAddress');
    expect(await codeOf(register({ address: 'not an address' }))).toBe('badAddress');
    expect(await codeOf(register({ username: 'ö' }))).toBe('usernameInvalid');
    expect(await failureOf(register({ password: 'short' }))).toMatchObject({
      code: 'passwordTooShort',
      params: { least: 10 },
    });
    expect(await codeOf(register({ password: 'password1234' }))).toBe('passwordTooWeak');
    expect(await codeOf(register({}))).toBe('serverAway');
    expect(await codeOf(core.call('checkServer', { address: 'http://127.0.0.1:9' }))).toBe('serverAway');
    expect(await core.call('getApp', {})).toEqual({ phase: 'noAccount' });
  });
});

describe('a core with a passphrase', () => {
  it('is locked at its next start until it hears it', async () => {
    const folder = temporaryFolder();
    const first = await start(folder);
    expect(await codeOf(first.call('setPassphrase', { next: 'short' }))).toBe('passwordTooShort');
    expect(await codeOf(first.call('setPassphrase', { next: 'password1234' }))).toBe('passwordTooWeak');
    await first.call('setPassphrase', { next: PASSPHRASE });
    expect(first.keyProtection).toBe('passphrase');
    await stop(first);

    const core = await start(folder);
    const events: CoreEvent[] = [];
    core.subscribe((event) => events.push(event));
    expect(await core.call('getApp', {})).toEqual({ phase: 'locked' });
    expect(await codeOf(core.call('listChats', {}))).toBe('locked');
    expect(await codeOf(core.call('setPassphrase', { current: PASSPHRASE, next: OTHER }))).toBe('locked');
    expect(await codeOf(core.call('unlock', { passphrase: OTHER }))).toBe('wrongPassphrase');
    expect(await Promise.all([1, 2].map(() => core.call('unlock', { passphrase: PASSPHRASE })))).toEqual([
      { phase: 'noAccount' },
      { phase: 'noAccount' },
    ]);
    expect(events).toContainEqual({ type: 'app', app: { phase: 'noAccount' } });
    expect(await codeOf(core.call('setPassphrase', { next: OTHER }))).toBe('wrongPassphrase');
    await core.call('setPassphrase', { current: PASSPHRASE, next: OTHER });
    await stop(core);

    const again = await start(folder);
    expect(await codeOf(again.call('unlock', { passphrase: PASSPHRASE }))).toBe('wrongPassphrase');
    expect(await again.call('unlock', { passphrase: OTHER })).toEqual({ phase: 'noAccount' });
  });
});

describe('a profile', () => {
  it('that another core holds is refused, and free once that has stopped', async () => {
    const folder = temporaryFolder();
    const core = await start(folder);
    expect(await codeOf(createCore({ profileFolder: folder }))).toBe('profileInUse');
    await stop(core);
    expect(await (await start(folder)).call('getApp', {})).toEqual({ phase: 'noAccount' });
  });

  it('that cannot be read is refused with the reason, and left as it is', async () => {
    const folder = temporaryFolder();
    await stop(await start(folder));
    writeFileSync(
      join(folder, 'sotto.db'),
      'this is no database, and longer than a header of one hundred bytes '.repeat(80),
    );
    expect(await failureOf(createCore({ profileFolder: folder }))).toEqual({
      code: 'storageBroken',
      params: { reason: 'unreadable' },
    });
  });
});

describe('a listener', () => {
  it('that throws harms nobody, and hears nothing after it has gone', async () => {
    const folder = temporaryFolder();
    const first = await start(folder);
    await first.call('setPassphrase', { next: PASSPHRASE });
    await stop(first);
    const log: string[] = [];
    const core = await start(folder, { logger: (event) => log.push(event) });
    const heard: string[] = [];
    core.subscribe(() => {
      throw new Error('somebody else is broken');
    });
    const leave = core.subscribe(() => heard.push('gone'));
    core.subscribe((event) => heard.push(event.type));
    leave();
    await core.call('unlock', { passphrase: PASSPHRASE });
    expect(heard).toEqual(['app']);
    expect(log).toContain('listener.failed');
  });
});
