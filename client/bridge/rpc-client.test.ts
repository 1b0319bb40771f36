import { describe, expect, it } from '@jest/globals';
import { BridgeClosedError, BridgeError, connectRpc, type CoreEvent, type MessageChannel } from './index.js';
import { channelPair } from './testing/channel-pair.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A far end that answers each request with what `answer` makes of it. */
const connect = (answer: (request: { id: number; method: string }) => unknown = () => undefined) => {
  const [near, far] = channelPair();
  const requests: { id: number; method: string; params: unknown }[] = [];
  far.receive((text) => {
    const request = JSON.parse(text);
    requests.push(request);
    const answered = answer(request);
    if (answered !== undefined) far.send(JSON.stringify(answered));
  });
  return { core: connectRpc(near), near, far, requests };
};

describe('connectRpc', () => {
  it('sends JSON-RPC and gives the result back', async () => {
    const { core, requests } = connect(({ id }) => ({ jsonrpc: '2.0', id, result: { phase: 'locked' } }));
    await expect(core.call('unlock', { passphrase: 'p' })).resolves.toEqual({ phase: 'locked' });
    expect(requests).toEqual([{ jsonrpc: '2.0', id: 1, method: 'unlock', params: { passphrase: 'p' } }]);
  });

  it('matches answers that come in another order', async () => {
    const ids: number[] = [];
    const { core, far } = connect(({ id }) => void ids.push(id));
    const first = core.call('getApp', {});
    const second = core.call('getApp', {});
    await settle();
    far.send(JSON.stringify({ jsonrpc: '2.0', id: ids[1], result: { phase: 'locked' } }));
    far.send(JSON.stringify({ jsonrpc: '2.0', id: ids[0], result: { phase: 'noAccount' } }));
    await expect(second).resolves.toEqual({ phase: 'locked' });
    await expect(first).resolves.toEqual({ phase: 'noAccount' });
  });

  const failing = (data: unknown) =>
    connect(({ id }) => ({ jsonrpc: '2.0', id, error: { code: -32000, message: 'x', data } })).core;

  it('rejects with the failure that the core named', async () => {
    const call = failing({ code: 'passwordTooShort', params: { least: 10 } }).call('getApp', {});
    await expect(call).rejects.toBeInstanceOf(BridgeError);
    await expect(call).rejects.toMatchObject({ failure: { code: 'passwordTooShort', params: { least: 10 } } });
  });

  it('takes a code of a newer core as internal', async () => {
    await expect(failing({ code: 'madeLater', params: {} }).call('getApp', {})).rejects.toMatchObject({
      failure: { code: 'internal' },
    });
  });

  it('refuses a result that is not what the method gives', async () => {
    const { core } = connect(({ id }) => ({ jsonrpc: '2.0', id, result: { phase: 'elsewhere' } }));
    await expect(core.call('getApp', {})).rejects.toMatchObject({ failure: { code: 'internal' } });
  });

  it('hands events to every listener until it unsubscribes, and leaves out what it cannot read', async () => {
    const { core, far } = connect();
    const events: CoreEvent[] = [];
    const end = core.subscribe((event) => events.push(event));
    const event = { type: 'app', app: { phase: 'noAccount' } };
    for (const text of ['{', '[]', JSON.stringify({ method: 'event', params: { type: 'newer' } })]) far.send(text);
    far.send(JSON.stringify({ jsonrpc: '2.0', method: 'event', params: event }));
    await settle();
    end();
    far.send(JSON.stringify({ jsonrpc: '2.0', method: 'event', params: event }));
    await settle();
    expect(events).toEqual([event]);
  });

  it('rejects what is under way, and what comes later, once the channel has closed', async () => {
    const { core, far } = connect();
    const call = core.call('getApp', {});
    far.close();
    await expect(call).rejects.toBeInstanceOf(BridgeClosedError);
    await expect(core.call('getApp', {})).rejects.toBeInstanceOf(BridgeClosedError);
  });

  it('rejects a call that the channel does not take', async () => {
    const broken: MessageChannel = {
      send: () => {
        throw new Error('broken');
      },
      receive: () => {},
      closed: () => {},
      close: () => {},
    };
    await expect(connectRpc(broken).call('getApp', {})).rejects.toBeInstanceOf(BridgeClosedError);
  });
});
