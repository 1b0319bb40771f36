import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { UtilityProcess } from 'electron';
import { CoreLink } from './core-link.js';
import type { Keychain } from './keychain.js';
import { FakeMessageChannelMain } from './testing/fake-ports.js';
import { SilentProcess } from './testing/run-on-fake.js';

afterEach(() => void jest.useRealTimers());

const ARGS = { profileFolder: '/p', defaultServer: '' };

const createLink = (findKeychain: () => Promise<Keychain | undefined> = async () => undefined) => {
  const started: SilentProcess[] = [];
  const given: unknown[][] = [];
  const fork = (...how: unknown[]): UtilityProcess => {
    given.push(how);
    const child = new SilentProcess();
    started.push(child);
    return child as unknown as UtilityProcess;
  };
  return { link: new CoreLink({ utilityProcess: { fork }, args: ARGS, findKeychain }), started, given };
};

const newPort = () => new FakeMessageChannelMain().port1 as never;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the core's process", () => {
  it('is started once, with what it needs to know in its arguments', () => {
    const { link, given } = createLink();
    link.start();
    link.start();
    link.attach(newPort());
    expect(given).toEqual([
      [
        expect.stringMatching(/core-process\.js$/),
        [JSON.stringify(ARGS)],
        { serviceName: 'Sotto core', stdio: 'inherit' },
      ],
    ]);
  });

  it('gets the port of each window', () => {
    const { link, started } = createLink();
    const ports = [newPort(), newPort()];
    for (const port of ports) link.attach(port);
    expect(started[0]?.heard).toEqual([{ type: 'attach' }, { type: 'attach' }]);
    expect(started[0]?.ports).toEqual(ports);
  });

  it('is started anew for the next window when it has died', () => {
    const { link, started } = createLink();
    link.start();
    started[0]?.emit('exit', 139);
    expect(started).toHaveLength(1);
    link.attach(newPort());
    expect([started.length, started[1]?.heard]).toEqual([2, [{ type: 'attach' }]]);
  });

  it('is asked to stop, and waited for', async () => {
    const { link, started } = createLink();
    link.start();
    await link.stop();
    expect([started[0]?.heard, started[0]?.killed]).toEqual([[{ type: 'stop' }], false]);
  });

  it('is ended when it does not stop in time', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const { link, started } = createLink();
    link.start();
    const [child] = started;
    child!.postMessage = () => undefined;
    let stopped = false;
    const stopping = link.stop().then(() => (stopped = true));
    await jest.advanceTimersByTimeAsync(4_999);
    expect([child?.killed, stopped]).toEqual([false, false]);
    await jest.advanceTimersByTimeAsync(1);
    expect(child?.killed).toBe(true);
    await stopping;
  });

  it('is not started to be stopped, nor by a window that comes too late', async () => {
    const { link, started } = createLink();
    await link.stop();
    const { port1, port2 } = new FakeMessageChannelMain();
    const closed = new Promise((resolve) => port2.once('close', () => resolve('closed')));
    link.attach(port1);
    expect([await closed, started]).toEqual(['closed', []]);
  });
});

describe('the keychain, for the core', () => {
  const keychain: Keychain = {
    seal: async (secret) => `sealed ${secret}`,
    open: async (sealed) => (sealed.startsWith('sealed ') ? sealed.slice(7) : undefined),
  };

  const answerTo = async (request: unknown, find: () => Promise<Keychain | undefined>): Promise<unknown[]> => {
    const { link, started } = createLink(find);
    link.start();
    started[0]?.emit('message', request);
    await turn();
    return started[0]?.heard ?? [];
  };

  const ask = (action: string, value = '') => ({ type: 'keychain', id: 7, action, value });

  it.each([
    ['is found', ask('find'), ''],
    ['seals', ask('seal', 'key'), 'sealed key'],
    ['opens', ask('open', 'sealed key'), 'key'],
  ])('%s', async (_, request, result) => {
    expect(await answerTo(request, async () => keychain)).toEqual([{ type: 'keychainAnswer', id: 7, result }]);
  });

  it.each([
    ['there is none', async () => undefined],
    ['it fails', () => Promise.reject(new Error('the keyring is away'))],
  ])('answers without a result where %s', async (_, find) => {
    for (const action of ['find', 'seal', 'open'])
      expect(await answerTo(ask(action), find)).toEqual([{ type: 'keychainAnswer', id: 7 }]);
  });

  it('answers without a result what it does not open', async () => {
    expect(await answerTo(ask('open', 'other'), async () => keychain)).toEqual([{ type: 'keychainAnswer', id: 7 }]);
  });

  it.each([
    ['nothing', undefined],
    ['another message', { type: 'stop' }],
    ['an unknown action', ask('drop')],
    ['too long a secret', ask('seal', 'a'.repeat(8_193))],
    ['something more', { ...ask('find'), more: 1 }],
  ])('does not answer %s', async (_, request) => {
    expect(await answerTo(request, async () => keychain)).toEqual([]);
  });

  it('is looked for anew each time', async () => {
    let isThere = false;
    const { link, started } = createLink(async () => (isThere ? keychain : undefined));
    link.start();
    started[0]?.emit('message', ask('find'));
    await turn();
    isThere = true;
    started[0]?.emit('message', ask('find'));
    await turn();
    expect(started[0]?.heard).toEqual([
      { type: 'keychainAnswer', id: 7 },
      { type: 'keychainAnswer', id: 7, result: '' },
    ]);
  });
});
