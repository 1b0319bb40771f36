import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DeviceId, EnvelopeId } from '@sotto/protocol/ids';
import { aWhile, eventually } from './testing/eventually.js';
import {
  A_TIME,
  ConnectionBench,
  delivered,
  deviceEnvelope,
  newEnvelopeId,
  RECIPIENT,
} from './testing/connection-bench.js';

jest.setTimeout(30_000);

describe('SocketConnection', () => {
  let bench: ConnectionBench;

  beforeEach(async () => {
    bench = await ConnectionBench.start();
  });

  afterEach(async () => {
    await bench.stop();
  });

  it('shows its token in the first frame and nowhere else, and is online once the mailbox has been handed over', async () => {
    const states: string[] = [];
    bench.connection.onState(({ state }) => states.push(state));
    bench.start();
    const peer = await bench.server.nextSocket('authenticated');
    expect(JSON.stringify(peer.headers)).not.toContain('token');
    expect(peer.headers.authorization).toBeUndefined();
    expect(peer.headers.cookie).toBeUndefined();
    expect(await peer.admit()).toBe('token-1');
    await aWhile();
    expect(bench.state).toBe('connecting');
    peer.send({ requestId: 0, body: { type: 'mailboxEmpty', expired: 0 } });
    await eventually(() => bench.state === 'online');
    await bench.connection.stop();
    expect(states).toEqual(['connecting', 'online', 'idle']);
    expect(bench.clock.pending).toBe(0);
  });

  it('hands mail over one delivery at a time and in order, and is online only after all of it', async () => {
    const order: string[] = [];
    let running = 0;
    bench.handlers.deliver = async (envelopes) => {
      running += 1;
      expect(running).toBe(1);
      await aWhile();
      order.push(...envelopes.map(({ envelopeId }) => envelopeId));
      running -= 1;
    };
    bench.handlers.mailboxEmpty = async (expired) => {
      order.push(`expired ${expired}`);
    };
    bench.start();
    const peer = await bench.server.nextSocket('authenticated');
    await peer.admit();
    const batches = [[delivered(), delivered()], [delivered()]];
    for (const envelopes of batches) peer.send({ requestId: 0, body: { type: 'deliver', envelopes } });
    peer.send({ requestId: 0, body: { type: 'mailboxEmpty', expired: 3 } });
    await eventually(() => bench.state === 'online');
    expect(order).toEqual([...batches.flat().map(({ envelopeId }) => envelopeId), 'expired 3']);
  });

  it('matches answers to requests whatever their order', async () => {
    const peer = await bench.startOnline();
    const sends = [deviceEnvelope(), deviceEnvelope(), deviceEnvelope()].map((envelope) =>
      bench.connection.send(RECIPIENT, [envelope], { accessKey: undefined }),
    );
    const ids = [await peer.next(), await peer.next(), await peer.next()].map(({ requestId }) => requestId);
    expect(new Set(ids).size).toBe(3);
    const missing = ['22222222-2222-8222-8222-222222222222' as DeviceId];
    peer.send({ requestId: 9_999, body: { type: 'acknowledged' } });
    peer.send({ requestId: ids[2]!, body: { type: 'mismatchedDevices', missing, extra: [], stale: [] } });
    peer.send({
      requestId: ids[0]!,
      body: { type: 'failure', code: 'rateLimited', message: '', errorId: '', retryAfterMs: 900 },
    });
    peer.send({ requestId: ids[1]!, body: { type: 'accepted', serverTime: A_TIME } });
    expect(await Promise.all(sends)).toEqual([
      { outcome: 'refused', code: 'rateLimited', retryAfterMs: 900 },
      { outcome: 'accepted', serverTime: A_TIME },
      { outcome: 'mismatched', missing, extra: [], stale: [] },
    ]);
  });

  it('acknowledges in frames of a thousand', async () => {
    const peer = await bench.startOnline();
    const ids = Array.from({ length: 2_300 }, () => newEnvelopeId());
    const done = bench.connection.acknowledge(ids);
    const seen: EnvelopeId[] = [];
    for (const count of [1_000, 1_000, 300]) {
      const { requestId, body } = await peer.next();
      if (body.type !== 'acknowledge') throw new Error(body.type);
      expect(body.envelopeIds).toHaveLength(count);
      seen.push(...body.envelopeIds);
      peer.send({ requestId, body: { type: 'acknowledged' } });
    }
    expect(await done).toEqual({ outcome: 'acknowledged' });
    expect(seen).toEqual(ids);
    expect(await bench.connection.acknowledge([])).toEqual({ outcome: 'acknowledged' });
  });

  it('is away for requests before it is let in, after it is cut off, and while it is stopped', async () => {
    const send = () => bench.connection.send(RECIPIENT, [deviceEnvelope()], { accessKey: undefined });
    const away = { outcome: 'away', reason: 'unreachable' };
    expect(await send()).toEqual(away);
    bench.start();
    const peer = await bench.server.nextSocket('authenticated');
    expect(await send()).toEqual(away);
    await peer.admit();
    peer.send({ requestId: 0, body: { type: 'mailboxEmpty', expired: 0 } });
    await eventually(() => bench.state === 'online');
    const [sending, acknowledging] = [send(), bench.connection.acknowledge([newEnvelopeId()])];
    await peer.next();
    peer.socket.terminate();
    expect(await sending).toEqual(away);
    expect(await acknowledging).toEqual(away);
    await bench.connection.stop();
    expect(await send()).toEqual(away);
  });

  it('lets a request go unanswered for half a minute, then takes the socket for dead', async () => {
    const peer = await bench.startOnline();
    const sending = bench.connection.send(RECIPIENT, [deviceEnvelope()], { accessKey: undefined });
    await peer.next();
    bench.clock.advance(15_000);
    await aWhile();
    expect(bench.state).toBe('online');
    bench.clock.advance(15_000);
    expect(await sending).toEqual({ outcome: 'away', reason: 'unreachable' });
    await eventually(() => bench.state === 'offline');
    expect(bench.events.at(-1)).toMatchObject({ event: 'lost', cause: 'silent' });
  });

  it('refuses by itself what no frame can carry', async () => {
    const peer = await bench.startOnline();
    const envelopes = [deviceEnvelope(128 * 1024), deviceEnvelope(128 * 1024)];
    expect(await bench.connection.send(RECIPIENT, envelopes, { accessKey: undefined })).toEqual({
      outcome: 'refused',
      code: 'payloadTooLarge',
      retryAfterMs: 0,
    });
    await aWhile();
    expect(peer.frames).toEqual([]);
  });

  it('starts again where a handler fails, hands nothing of the broken session over, and gets the mail again', async () => {
    const error = new Error('disk full');
    let calls = 0;
    bench.handlers.deliver = async (envelopes) => {
      calls += 1;
      if (calls === 1) throw error;
      bench.taken.push(...envelopes);
    };
    bench.start();
    const peer = await bench.server.nextSocket('authenticated');
    await peer.admit();
    const [first, second] = [delivered(), delivered()];
    peer.send({ requestId: 0, body: { type: 'deliver', envelopes: [first] } });
    peer.send({ requestId: 0, body: { type: 'deliver', envelopes: [second] } });
    await eventually(() => bench.state === 'offline');
    expect(bench.events).toEqual([
      { event: 'failed', where: 'handler', error },
      { event: 'lost', cause: 'handlerFailed', retryInMs: 500 },
    ]);
    expect(bench.taken).toEqual([]);
    bench.connection.reconnect();
    const again = await bench.server.nextSocket('authenticated');
    await again.admit();
    again.send({ requestId: 0, body: { type: 'deliver', envelopes: [first, second] } });
    await eventually(() => bench.taken.length === 2);
    expect(bench.taken).toEqual([first, second]);
  });

  it('never runs two handlers at once, not even across two sessions', async () => {
    let release: () => void = () => undefined;
    let running = 0;
    bench.handlers.deliver = async () => {
      running += 1;
      expect(running).toBe(1);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      running -= 1;
    };
    bench.start();
    const peer = await bench.server.nextSocket('authenticated');
    await peer.admit();
    peer.send({ requestId: 0, body: { type: 'deliver', envelopes: [delivered()] } });
    await eventually(() => running === 1);
    peer.socket.terminate();
    await aWhile();
    bench.connection.reconnect();
    await aWhile();
    expect(bench.server.waitingSockets('authenticated')).toBe(0);
    release();
    await eventually(() => bench.state === 'offline');
    bench.connection.reconnect();
    const again = await bench.server.nextSocket('authenticated');
    await again.admit();
    again.send({ requestId: 0, body: { type: 'deliver', envelopes: [delivered()] } });
    await eventually(() => running === 1);
    release();
  });
});
