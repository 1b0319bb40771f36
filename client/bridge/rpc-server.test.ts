import { describe, expect, it } from '@jest/globals';
import { BridgeError, serveRpc, RPC_CODES, RPC_MESSAGE_LENGTH, type CoreApi, type CoreEvent } from './index.js';
import { channelPair } from './testing/channel-pair.js';

interface Call {
  readonly method: string;
  readonly params: unknown;
}

const start = (answer: (call: Call) => unknown = () => ({ phase: 'noAccount' })) => {
  const calls: Call[] = [];
  const faults: unknown[] = [];
  const listeners = new Set<(event: CoreEvent) => void>();
  const core: CoreApi = {
    call: async (method, params) => {
      calls.push({ method, params });
      return answer({ method, params }) as never;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const [near, far] = channelPair();
  const received: string[] = [];
  near.receive((text) => {
    received.push(text);
  });
  const stop = serveRpc(core, far, { onFault: (fault) => faults.push(fault) });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const ask = async (value: unknown) => {
    near.send(typeof value === 'string' ? value : JSON.stringify(value));
    await settle();
    return JSON.parse(received.pop() ?? 'null');
  };
  return { ask, calls, faults, listeners, near, received, settle, stop };
};

const request = (method: string, params: unknown = {}, id: unknown = 1) => ({ jsonrpc: '2.0', id, method, params });

describe('serveRpc', () => {
  it('answers a call under its id', async () => {
    const { ask, calls } = start();
    expect(await ask(request('getApp', {}, 'a'))).toEqual({ jsonrpc: '2.0', id: 'a', result: { phase: 'noAccount' } });
    expect(calls).toEqual([{ method: 'getApp', params: {} }]);
  });

  it('takes absent parameters as none', async () => {
    const { ask } = start();
    expect(await ask({ jsonrpc: '2.0', id: 3, method: 'listChats' })).toMatchObject({ id: 3 });
  });

  it.each([
    ['no JSON', '{', RPC_CODES.parse, null],
    ['a bare value', 'null', RPC_CODES.request, null],
    ['a batch', [request('getApp')], RPC_CODES.request, null],
    ['no id', { jsonrpc: '2.0', method: 'getApp', params: {} }, RPC_CODES.request, null],
    ['another version', { ...request('getApp'), jsonrpc: '1.0' }, RPC_CODES.request, 1],
    ['a further field', { ...request('getApp'), extra: 1 }, RPC_CODES.request, 1],
    ['an unknown method', request('eraseEverything'), RPC_CODES.method, 1],
    ['a method of Object', request('constructor'), RPC_CODES.method, 1],
    ['a wrong parameter', request('unlock', { passphrase: 7 }), RPC_CODES.params, 1],
    ['a further parameter', request('getApp', { extra: 1 }), RPC_CODES.params, 1],
    ['a text too long', request('getApp', { x: 'x'.repeat(RPC_MESSAGE_LENGTH) }), RPC_CODES.request, null],
  ])('refuses %s without a call to the core', async (_, value, code, id) => {
    const { ask, calls } = start();
    expect(await ask(value)).toEqual({
      jsonrpc: '2.0',
      id,
      error: { code, message: 'badCall', data: { code: 'badCall', params: {} } },
    });
    expect(calls).toEqual([]);
  });

  it('names what the core refused', async () => {
    const { ask, faults } = start(() => {
      throw new BridgeError('passwordTooShort', { least: 10 });
    });
    expect(await ask(request('getApp'))).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: {
        code: RPC_CODES.refused,
        message: 'passwordTooShort',
        data: { code: 'passwordTooShort', params: { least: 10 } },
      },
    });
    expect(faults).toEqual([]);
  });

  it('tells the host of a fault and the caller nothing of it', async () => {
    const fault = new Error('secret path');
    const { ask, faults } = start(() => {
      throw fault;
    });
    const answer = await ask(request('getApp'));
    expect(answer.error.data).toEqual({ code: 'internal', params: {} });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(faults).toEqual([fault]);
  });

  it('passes events on until it is stopped', async () => {
    const { listeners, received, settle, stop } = start();
    const event: CoreEvent = { type: 'app', app: { phase: 'locked' } };
    for (const listener of listeners) listener(event);
    await settle();
    expect(received.map((text) => JSON.parse(text))).toEqual([{ jsonrpc: '2.0', method: 'event', params: event }]);
    stop();
    expect(listeners.size).toBe(0);
  });

  it('ends its subscription and sends nothing more once the channel has closed', async () => {
    let finish: (value: unknown) => void = () => undefined;
    const { listeners, near, received, settle } = start(() => new Promise((resolve) => (finish = resolve)));
    near.send(JSON.stringify(request('getApp')));
    await settle();
    near.close();
    finish({ phase: 'locked' });
    await settle();
    expect(listeners.size).toBe(0);
    expect(received).toEqual([]);
  });
});
