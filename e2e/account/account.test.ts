import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BridgeErrorCode } from '@sotto/client/bridge';
import { createCore, type Core } from '@sotto/client/core';
import { parseUnixMs, type UnixMs } from '@sotto/protocol/ids';
import { startServer, type RunningServer } from '@sotto/server';
import { eventually, freePort, temporaryFolder, type TemporaryFolder } from '../harness/index.js';

// Each stretch of a password takes 64 MiB and its time.
jest.setTimeout(120_000);

const PASSWORD = 'trombone-basalt-kayak';
const ACCESS_TOKEN_MS = 10 * 60_000;

const later = (ms: number): UnixMs => {
  const time = parseUnixMs(Date.now() + ms);
  if (time === undefined) throw new Error('not a time');
  return time;
};

/** The core of one profile and the real server, in one process: over loopback, TCP and the embedded database. */
describe('an account on a real server', () => {
  let folder: TemporaryFolder;
  let port: number;
  /** How far the server's clock is ahead. */
  let aheadMs: number;
  let server: RunningServer;
  let core: Core;

  const startAgain = async (settings: Record<string, string> = {}): Promise<void> => {
    server = await startServer({
      settings: {
        SOTTO_PORT: String(port),
        SOTTO_DATA: join(folder.path, 'server'),
        SOTTO_LOG_LEVEL: 'error',
        ...settings,
      },
      clock: () => later(aheadMs),
      logTo: { write: () => undefined },
    });
  };
  const openCore = (profile = 'anna'): Promise<Core> => createCore({ profileFolder: join(folder.path, profile) });

  beforeEach(async () => {
    folder = await temporaryFolder();
    port = await freePort();
    aheadMs = 0;
    await startAgain();
    core = await openCore();
  });

  afterEach(async () => {
    await core.stop();
    await server.stop();
    await folder.remove();
  });

  const register = (of: Core = core, username = 'anna') =>
    of.call('register', { address: `127.0.0.1:${port}`, username, password: PASSWORD });
  const connection = async (of: Core = core): Promise<string> => {
    const app = await of.call('getApp', {});
    return app.phase === 'ready' ? app.connection.state : app.phase;
  };
  const reaches = (state: string, of: Core = core) =>
    eventually(of, state, async () => ((await connection(of)) === state ? true : undefined));
  const refusedWith = (code: BridgeErrorCode) =>
    expect.objectContaining({ failure: expect.objectContaining({ code }) });
  /** A call that needs an access token; nobody has the name. */
  const callServer = () => core.call('startChat', { username: 'nobody_here' });

  it('registers, comes online, and is there again after a restart of the core', async () => {
    expect(await register()).toMatchObject({ phase: 'ready', account: { username: 'anna', server: server.address } });
    await reaches('online');
    await core.stop();
    core = await openCore();
    await reaches('online');
    await expect(callServer()).rejects.toEqual(refusedWith('personNotFound'));
  });

  it('refreshes its tokens when the server calls them expired, again and again', async () => {
    await register();
    await reaches('online');
    for (let exchange = 0; exchange < 3; exchange += 1) {
      aheadMs += ACCESS_TOKEN_MS + 60_000;
      await expect(callServer()).rejects.toEqual(refusedWith('personNotFound'));
    }
    await core.stop();
    core = await openCore();
    await reaches('online');
  });

  it('signs out, refuses a wrong password, and signs in again', async () => {
    await register();
    await reaches('online');
    await core.call('signOut', {});
    await reaches('signedOut');
    await expect(callServer()).rejects.toEqual(refusedWith('signedOut'));
    await expect(core.call('signIn', { password: 'not the password' })).rejects.toEqual(
      refusedWith('wrongCredentials'),
    );
    await core.stop();
    core = await openCore();
    await reaches('signedOut');
    await core.call('signIn', { password: PASSWORD });
    await reaches('online');
    await expect(callServer()).rejects.toEqual(refusedWith('personNotFound'));
  });

  it('waits for a server that stops, and is online again soon after it is back', async () => {
    await register();
    await reaches('online');
    await server.stop();
    await reaches('offline');
    await expect(callServer()).rejects.toEqual(refusedWith('serverAway'));
    await startAgain();
    await core.call('reconnect', {});
    await reaches('online');
  });

  it('holds the server to its identity: another one at the same address gets no secret', async () => {
    await register();
    await reaches('online');
    await core.call('signOut', {});
    await server.stop();
    await startAgain({ SOTTO_DATA: join(folder.path, 'another server') });
    await expect(core.call('signIn', { password: PASSWORD })).rejects.toEqual(refusedWith('serverIdentityChanged'));
    await expect(core.call('checkServer', { address: `127.0.0.1:${port}` })).rejects.toEqual(
      refusedWith('serverIdentityChanged'),
    );
  });

  it('tells a second person that the name is taken, and everyone when the server is closed', async () => {
    await register();
    const other = await openCore('other');
    await expect(register(other, 'ANNA')).rejects.toEqual(refusedWith('usernameTaken'));
    await server.stop();
    await startAgain({ SOTTO_REGISTRATION: 'closed' });
    await expect(register(other, 'berta')).rejects.toEqual(refusedWith('registrationClosed'));
    expect(await other.call('checkServer', { address: `127.0.0.1:${port}` })).toMatchObject({ registration: 'closed' });
    await other.stop();
  });

  it('tells on a device without keys whether a password is right', async () => {
    await register();
    const other = await openCore('other');
    const check = (password: string) =>
      other.call('checkAccount', { address: `127.0.0.1:${port}`, identifier: 'Anna', password });
    expect(await check(PASSWORD)).toEqual({ username: 'anna' });
    await expect(check('not the password')).rejects.toEqual(refusedWith('wrongCredentials'));
    expect(await other.call('getApp', {})).toEqual({ phase: 'noAccount' });
    await other.stop();
  });
});
