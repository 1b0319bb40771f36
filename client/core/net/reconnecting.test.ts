import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AccessTokenResult } from '../account/types.js';
import { aWhile, eventually } from './testing/eventually.js';
import { ConnectionBench } from './testing/connection-bench.js';

jest.setTimeout(30_000);

describe('SocketConnection over time', () => {
  let bench: ConnectionBench;

  beforeEach(async () => {
    bench = await ConnectionBench.start();
  });

  afterEach(async () => {
    await bench.stop();
  });

  describe('reconnecting', () => {
    it('backs off with growing waits, keeps the moment that it was lost, and starts again small after a good connection', async () => {
      bench.server.refuseSockets = 503;
      bench.start();
      const seen: { wait: number; since: number }[] = [];
      for (let attempt = 0; attempt < 8; attempt += 1) {
        const { wait, since } = await bench.offline();
        seen.push({ wait, since });
        bench.clock.advance(wait - 1);
        expect(bench.state).toBe('offline');
        bench.clock.advance(1);
        await eventually(() => bench.states.length === 2 * attempt + 4);
      }
      expect(seen.map(({ wait }) => wait)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
      expect(new Set(seen.map(({ since }) => since)).size).toBe(1);

      bench.server.refuseSockets = undefined;
      await eventually(() => bench.state === 'offline' || bench.server.waitingSockets('authenticated') > 0);
      bench.connection.reconnect();
      const peer = await bench.comeOnline();
      bench.clock.advance(10_000);
      peer.socket.terminate();
      const lost = await bench.offline();
      expect(lost.wait).toBe(500);
      expect(lost.since).toBe(bench.clock.now());
    });

    it('goes on backing off while a server lets it in and throws it out', async () => {
      bench.start();
      const waits: number[] = [];
      for (let attempt = 0; attempt < 6; attempt += 1) {
        const peer = await bench.comeOnline();
        peer.socket.terminate();
        const lost = await bench.offline();
        waits.push(lost.wait);
        bench.clock.advance(lost.wait);
      }
      expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000]);
    });

    it('tries at once when asked, and asking while connected changes nothing', async () => {
      const peer = await bench.startOnline();
      bench.connection.reconnect();
      await aWhile();
      bench.clock.advance(5_000);
      await aWhile();
      expect(bench.state).toBe('online');
      peer.socket.terminate();
      await eventually(() => bench.state === 'offline');
      bench.connection.reconnect();
      await bench.comeOnline();
      expect(bench.tokens.asked).toEqual([undefined, undefined]);
    });

    it('tries at once when a listener asks inside the change itself', async () => {
      const peer = await bench.startOnline();
      bench.connection.onState(({ state }) => {
        if (state === 'offline') bench.connection.reconnect();
      });
      peer.socket.terminate();
      await bench.comeOnline();
    });

    it('goes away for as long as a server that is moving says, at most a minute', async () => {
      const peer = await bench.startOnline();
      peer.send({ requestId: 0, body: { type: 'moving', reconnectAfterMs: 7_000 } });
      const moving = await bench.offline();
      expect(moving.wait).toBe(7_000);
      await peer.closed;
      bench.clock.advance(7_000);
      const next = await bench.comeOnline();
      next.send({ requestId: 0, body: { type: 'moving', reconnectAfterMs: 0xffffffff } });
      const held = await bench.offline();
      expect(held.wait).toBe(60_000);
    });

    it('waits as long as a server that is busy asks for', async () => {
      bench.start();
      const peer = await bench.server.nextSocket('authenticated');
      const { requestId } = await peer.next();
      peer.send({
        requestId,
        body: { type: 'failure', code: 'serverBusy', message: '', errorId: '', retryAfterMs: 45_000 },
      });
      const busy = await bench.offline();
      expect(busy.wait).toBe(45_000);
      expect(bench.events).toEqual([{ event: 'lost', cause: 'serverBusy', retryInMs: 45_000 }]);
    });

    it('starts and stops as often as it is told, with one socket at a time', async () => {
      bench.start();
      bench.start();
      await bench.comeOnline();
      await aWhile();
      expect(bench.server.waitingSockets('authenticated')).toBe(0);
      await bench.connection.stop();
      await bench.connection.stop();
      expect(bench.state).toBe('idle');
      await bench.startOnline();
    });

    it('stops while the server keeps it waiting', async () => {
      bench.start();
      await bench.server.nextSocket('authenticated');
      await bench.connection.stop();
      expect(bench.state).toBe('idle');
      expect(bench.clock.pending).toBe(0);
      let give: (result: AccessTokenResult) => void = () => undefined;
      bench.tokens.get = () =>
        new Promise((resolve) => {
          give = resolve;
        });
      bench.start();
      await bench.connection.stop();
      give({ outcome: 'ok', value: 'late' });
      await aWhile();
      expect(bench.server.waitingSockets('authenticated')).toBe(0);
    });
  });

  describe('silence and sleep', () => {
    it('notices within two heartbeats that the other end is gone', async () => {
      const peer = await bench.startOnline();
      for (let beat = 0; beat < 5; beat += 1) {
        bench.clock.advance(20_000);
        await aWhile();
      }
      expect(bench.state).toBe('online');
      peer.socket.pause();
      bench.clock.advance(20_000);
      bench.clock.advance(20_000);
      await eventually(() => bench.state === 'offline');
      expect(bench.events.at(-1)).toMatchObject({ event: 'lost', cause: 'silent' });
    });

    it('tries at once after a sleep instead of when the backoff had said', async () => {
      bench.server.refuseSockets = 503;
      bench.start();
      for (let attempt = 0; attempt < 6; attempt += 1) {
        await eventually(() => bench.states.length === 2 * attempt + 2);
        bench.connection.reconnect();
      }
      await eventually(() => bench.states.length === 14);
      expect((await bench.offline()).wait).toBe(30_000);
      bench.server.refuseSockets = undefined;
      bench.clock.sleep(3_600_000);
      bench.clock.advance(5_000);
      await bench.comeOnline();
      expect(bench.events).toContainEqual({ event: 'woke' });
    });

    it.each([
      ['a sleep', 8 * 3_600_000],
      ['a clock that was set back', -8 * 3_600_000],
    ])('keeps a socket that still answers after %s, and drops one that does not within seconds', async (_, jump) => {
      const peer = await bench.startOnline();
      bench.clock.sleep(jump);
      bench.clock.advance(5_000);
      await aWhile();
      bench.clock.advance(5_000);
      await aWhile();
      expect(bench.state).toBe('online');
      peer.socket.pause();
      bench.clock.sleep(jump);
      bench.clock.advance(5_000);
      bench.clock.advance(5_000);
      await eventually(() => bench.state === 'offline');
    });
  });

  describe('tokens', () => {
    const refuse = async (code: 'tokenExpired' | 'unauthorized' | 'deviceNotListed'): Promise<void> => {
      const peer = await bench.server.nextSocket('authenticated');
      const { requestId } = await peer.next();
      peer.send({ requestId, body: { type: 'failure', code, message: '', errorId: '', retryAfterMs: 0 } });
      await peer.closed;
    };

    it('renews a refused token at once, and counts a second refusal as a loss', async () => {
      bench.start();
      await refuse('tokenExpired');
      await refuse('unauthorized');
      await eventually(() => bench.state === 'offline');
      expect(bench.tokens.asked).toEqual([undefined, 'token-1']);
      bench.connection.reconnect();
      await bench.comeOnline();
      expect(bench.tokens.asked).toEqual([undefined, 'token-1', 'token-2']);
    });

    it('renews a token that the server calls expired in the middle of a session', async () => {
      const peer = await bench.startOnline();
      peer.send({
        requestId: 0,
        body: { type: 'failure', code: 'tokenExpired', message: '', errorId: '', retryAfterMs: 0 },
      });
      await bench.comeOnline();
      expect(bench.tokens.asked).toEqual([undefined, 'token-1']);
    });

    it.each(['signedOut', 'unlinked'] as const)(
      'rests when %s, until it is asked to connect again',
      async (outcome) => {
        bench.tokens.next = () => ({ outcome });
        bench.start();
        await eventually(() => bench.state === outcome);
        bench.clock.advance(3_600_000);
        await aWhile();
        expect(bench.tokens.asked).toEqual([undefined]);
        bench.tokens.next = () => ({ outcome: 'ok', value: 'again' });
        bench.connection.reconnect();
        await bench.comeOnline();
      },
    );

    it('looks at its tokens again at once when told that they have changed, connected or resting', async () => {
      const peer = await bench.startOnline();
      bench.tokens.next = () => ({ outcome: 'signedOut' });
      bench.connection.startAnew();
      await peer.closed;
      await eventually(() => bench.state === 'signedOut');
      bench.tokens.next = () => ({ outcome: 'ok', value: 'again' });
      bench.connection.startAnew();
      await bench.comeOnline();
      expect(bench.states).toEqual(['connecting', 'online', 'connecting', 'signedOut', 'connecting', 'online']);
    });

    it('backs off where tokens cannot be had now, and says what broke where they throw', async () => {
      bench.tokens.next = () => ({ outcome: 'away', reason: 'unreachable' });
      bench.start();
      await eventually(() => bench.state === 'offline');
      bench.tokens.next = () => ({ outcome: 'refused', code: 'rateLimited', retryAfterMs: 90_000 });
      bench.connection.reconnect();
      await eventually(
        () =>
          bench.connection.state.state === 'offline' && bench.connection.state.retryAt === bench.clock.now() + 90_000,
      );
      const error = new Error('no storage');
      bench.tokens.get = () => Promise.reject(error);
      bench.connection.reconnect();
      await eventually(() => bench.events.some((event) => event.event === 'failed'));
      expect(bench.events).toContainEqual({ event: 'failed', where: 'tokens', error });
      await eventually(() => bench.state === 'offline');
    });
  });
});
