import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aWhile } from './testing/eventually.js';
import { A_TIME, ConnectionBench, deviceEnvelope, RECIPIENT } from './testing/connection-bench.js';
import { TestServer, type SocketPeer } from './testing/test-server.js';

const ACCESS_KEY = new Uint8Array(16).fill(5);

jest.setTimeout(30_000);

describe('AnonymousSocket', () => {
  let bench: ConnectionBench;

  beforeEach(async () => {
    bench = await ConnectionBench.start();
  });

  afterEach(async () => {
    await bench.stop();
  });

  describe('the anonymous socket', () => {
    const sendAnonymously = () => bench.connection.send(RECIPIENT, [deviceEnvelope()], { accessKey: ACCESS_KEY });
    const accept = async (peer: SocketPeer): Promise<void> => {
      const { requestId } = await peer.next();
      peer.send({ requestId, body: { type: 'accepted', serverTime: A_TIME } });
    };

    it('opens at the first send, says nothing of this device, and closes when idle', async () => {
      await bench.startOnline();
      await aWhile();
      expect(bench.server.waitingSockets('anonymous')).toBe(0);
      const sends = [sendAnonymously(), sendAnonymously()];
      const peer = await bench.server.nextSocket('anonymous');
      expect(peer.headers.authorization).toBeUndefined();
      expect(peer.headers.cookie).toBeUndefined();
      const frame = await peer.next();
      expect(frame.body).toMatchObject({ type: 'send', recipient: RECIPIENT, accessKey: ACCESS_KEY });
      peer.send({ requestId: frame.requestId, body: { type: 'accepted', serverTime: A_TIME } });
      await accept(peer);
      expect((await Promise.all(sends)).map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
      bench.clock.advance(19_000);
      await aWhile();
      bench.clock.advance(19_000);
      await aWhile();
      bench.clock.advance(19_000);
      await aWhile();
      expect(peer.socket.readyState).toBe(1);
      bench.clock.advance(3_000);
      await peer.closed;
      expect(bench.state).toBe('online');
      const later = sendAnonymously();
      await accept(await bench.server.nextSocket('anonymous'));
      expect((await later).outcome).toBe('accepted');
      expect(bench.server.waitingSockets('anonymous')).toBe(0);
    });

    it('does not close under a request, however long that takes', async () => {
      const sending = sendAnonymously();
      const peer = await bench.server.nextSocket('anonymous');
      const { requestId } = await peer.next();
      bench.clock.advance(19_000);
      await aWhile();
      bench.clock.advance(10_000);
      peer.send({ requestId, body: { type: 'accepted', serverTime: A_TIME } });
      expect((await sending).outcome).toBe('accepted');
    });

    it('does not close under a request that began just before the idle time was over', async () => {
      const first = sendAnonymously();
      const peer = await bench.server.nextSocket('anonymous');
      await accept(peer);
      await first;
      for (let beat = 0; beat < 3; beat += 1) {
        bench.clock.advance(19_900);
        await aWhile();
      }
      const late = sendAnonymously();
      const { requestId } = await peer.next();
      bench.clock.advance(1_000);
      peer.send({ requestId, body: { type: 'accepted', serverTime: A_TIME } });
      expect((await late).outcome).toBe('accepted');
    });

    it('works while the authenticated one is down, is away where it cannot open, and opens anew after a break', async () => {
      bench.server.refuseSockets = 503;
      expect(await sendAnonymously()).toEqual({ outcome: 'away', reason: 'unreachable' });
      bench.server.refuseSockets = undefined;
      const cut = sendAnonymously();
      const peer = await bench.server.nextSocket('anonymous');
      await peer.next();
      peer.socket.terminate();
      expect(await cut).toEqual({ outcome: 'away', reason: 'unreachable' });
      const again = sendAnonymously();
      await accept(await bench.server.nextSocket('anonymous'));
      expect((await again).outcome).toBe('accepted');
    });

    it('leaves a server that is moving', async () => {
      const sending = sendAnonymously();
      const peer = await bench.server.nextSocket('anonymous');
      await accept(peer);
      await sending;
      peer.send({ requestId: 0, body: { type: 'moving', reconnectAfterMs: 10 } });
      await peer.closed;
    });

    it('gives up opening after a quarter of a minute', async () => {
      const silent = await TestServer.start();
      silent.holdSockets = true;
      const other = bench.another(silent.origin);
      const sending = other.send(RECIPIENT, [deviceEnvelope()], { accessKey: ACCESS_KEY });
      await aWhile();
      bench.clock.advance(15_000);
      expect(await sending).toEqual({ outcome: 'away', reason: 'unreachable' });
      await silent.stop();
    });
  });
});
