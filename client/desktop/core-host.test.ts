import { EventEmitter } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BridgeError, connectRpc, type CoreApi, type CoreEvent, type MessageChannel } from '@sotto/client/bridge';
import { temporaryFolder } from '../core/testing/temporary-profile.js';
import { until } from '../core/testing/until.js';
import { runCoreHost, type DesktopCore } from './core-host.js';
import type { CoreArguments, KeychainRequest } from './core-messages.js';
import type { Keychain } from './keychain.js';
import { portChannel } from './port-channel.js';
import { FakeMessageChannelMain, type FakeMessagePortMain } from './testing/fake-ports.js';

/** A core that is locked until it hears the right word. */
class SmallCore implements DesktopCore {
  unprotected = true;
  stopped = 0;
  locked = false;
  readonly listeners = new Set<(event: CoreEvent) => void>();

  readonly call: CoreApi['call'] = async (method, params) => {
    if (method === 'unlock') {
      if ((params as { readonly passphrase?: string }).passphrase !== 'open sesame')
        throw new BridgeError('wrongPassphrase');
      this.locked = false;
    }
    return { phase: this.locked ? 'locked' : 'noAccount' } as never;
  };

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.stopped += 1;
  }
}

interface HostOptions {
  readonly args?: Partial<CoreArguments>;
  readonly openCore?: (folder: string, keychain: Keychain | undefined) => Promise<DesktopCore>;
  /** The main process's answers; without it there is no keychain. */
  readonly answer?: (request: KeychainRequest) => string | undefined;
}

const runHost = ({ args = {}, openCore, answer = () => undefined }: HostOptions = {}) => {
  const core = new SmallCore();
  const parentPort = new EventEmitter();
  const say = (data: unknown, ports: object[] = []): void => void parentPort.emit('message', { data, ports });
  const complaints: string[] = [];
  const exited: string[] = [];
  const postMessage = (request: KeychainRequest): void => {
    const result = answer(request);
    setImmediate(() => say({ type: 'keychainAnswer', id: request.id, ...(result === undefined ? {} : { result }) }));
  };
  runCoreHost({
    parentPort: Object.assign(parentPort, { postMessage }),
    args: { profileFolder: '/profile', defaultServer: 'https://x.example', ...args },
    openCore: openCore ?? (async () => core),
    complain: (line) => void complaints.push(line),
    exit: () => void exited.push('exit'),
  });
  const attach = (): FakeMessagePortMain => {
    const { port1, port2 } = new FakeMessageChannelMain();
    say({ type: 'attach' }, [port1]);
    return port2;
  };
  return { core, say, attach, complaints, exited };
};

/** The window's side: its greeting, then the core. */
const greetingOf = (port: FakeMessagePortMain): Promise<{ greeting: unknown; channel: MessageChannel }> =>
  new Promise((resolve) => {
    const channel = portChannel(port);
    port.once('message', ({ data }) => resolve({ greeting: JSON.parse(String(data)), channel }));
    port.start();
  });

describe('the host of the core', () => {
  it('greets a window, serves it, and passes events on', async () => {
    const { core, attach } = runHost();
    const { greeting, channel } = await greetingOf(attach());
    expect(greeting).toEqual({ defaultServer: 'https://x.example', unprotected: true });
    const window = connectRpc(channel);
    await expect(window.call('getApp', {})).resolves.toEqual({ phase: 'noAccount' });
    const heard: CoreEvent[] = [];
    window.subscribe((event) => void heard.push(event));
    for (const listener of core.listeners) listener({ type: 'app', app: { phase: 'noAccount' } });
    await until(() => heard.length === 1);
    channel.close();
  });

  it('serves several windows at once, and forgets one that is gone', async () => {
    const { attach } = runHost();
    const [first, second] = await Promise.all([greetingOf(attach()), greetingOf(attach())]);
    first.channel.close();
    await expect(connectRpc(second.channel).call('getApp', {})).resolves.toEqual({ phase: 'noAccount' });
    second.channel.close();
  });

  it('opens the profile before any window asks', async () => {
    const opened: string[] = [];
    runHost({
      openCore: async (folder) => {
        opened.push(folder);
        return new SmallCore();
      },
    });
    await until(() => opened.length === 1);
    expect(opened).toEqual(['/profile']);
  });

  it('answers a window what is wrong, tries again at the next call, and greets it anew when it is known how the key is kept', async () => {
    let isInUse = true;
    const { attach } = runHost({
      openCore: async () => {
        if (isInUse) throw new BridgeError('profileInUse');
        return new SmallCore();
      },
    });
    const early = await greetingOf(attach());
    expect(early.greeting).toMatchObject({ unprotected: false });
    const window = connectRpc(early.channel);
    await expect(window.call('getApp', {})).rejects.toMatchObject({ failure: { code: 'profileInUse' } });
    isInUse = false;
    const ended = new Promise<void>((resolve) => early.channel.closed(resolve));
    await window.call('getApp', {}).catch(() => undefined);
    await ended;
    const late = await greetingOf(attach());
    expect(late.greeting).toMatchObject({ unprotected: true });
    late.channel.close();
  });

  it.each([
    ['nonsense', undefined],
    ['an unknown message', { type: 'drop' }],
    ['something more', { type: 'stop', more: 1 }],
  ])('does nothing at %s', async (_, message) => {
    const { core, say, exited, attach } = runHost();
    say(message);
    const { channel } = await greetingOf(attach());
    channel.close();
    expect([core.stopped, exited]).toEqual([0, []]);
  });

  it('stops the core and ends, also where the core does not stop', async () => {
    const { core, say, exited } = runHost();
    say({ type: 'stop' });
    await until(() => exited.length === 1);
    expect(core.stopped).toBe(1);
  });

  it('ends where the core was never opened', async () => {
    const { say, exited } = runHost({ openCore: () => Promise.reject(new BridgeError('storageBroken')) });
    say({ type: 'stop' });
    await until(() => exited.length === 1);
  });
});

describe('the key of the profile', () => {
  const seenBy = (answer?: HostOptions['answer']): Promise<Keychain | undefined> =>
    new Promise((resolve) => {
      runHost({
        ...(answer === undefined ? {} : { answer }),
        openCore: async (_, keychain) => {
          resolve(keychain);
          return new SmallCore();
        },
      });
    });

  it('is kept without a keychain where the main process has none', async () => {
    expect(await seenBy()).toBeUndefined();
  });

  it('is sealed and opened by the main process', async () => {
    const keychain = await seenBy(({ action, value }) => (action === 'find' ? '' : `${action} ${value}`));
    expect(await Promise.all([keychain!.seal('a'), keychain!.open('b')])).toEqual(['seal a', 'open b']);
  });

  it('is not taken for sealed where the keychain refuses', async () => {
    const keychain = await seenBy(({ action }) => (action === 'find' ? '' : undefined));
    await expect(keychain!.seal('a')).rejects.toThrow('the keychain did not take the key');
    expect(await keychain!.open('b')).toBeUndefined();
  });

  const unlockedBy = async (content: string | undefined) => {
    const core = new SmallCore();
    core.locked = true;
    const passphraseFile = join(temporaryFolder(), 'passphrase');
    if (content !== undefined) writeFileSync(passphraseFile, content);
    const host = runHost({ args: { passphraseFile }, openCore: async () => core });
    const { channel } = await greetingOf(host.attach());
    channel.close();
    return { locked: core.locked, complaints: host.complaints, stopped: core.stopped };
  };

  it('comes from the passphrase file, one line feed left out', async () => {
    expect(await unlockedBy('open sesame\r\n')).toEqual({ locked: false, complaints: [], stopped: 0 });
  });

  it.each([
    ['is wrong', 'open says me'],
    ['is not there', undefined],
  ])('is asked for in the window where the passphrase file %s', async (_, content) => {
    const { locked, complaints } = await unlockedBy(content);
    expect([locked, complaints]).toEqual([
      true,
      ['The passphrase file does not open this profile; the window asks for the passphrase.'],
    ]);
  });
});
