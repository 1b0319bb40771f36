import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
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

  describe('a hostile server', () => {
    it('is cut off at a frame that is not of the protocol', async () => {
      // The last one would say that the mailbox is empty, were it not sent as text.
      for (const frame of ['text', Buffer.from([0xff, 0xff, 0xff]), ':\u0000']) {
        bench.start();
        const peer = await bench.server.nextSocket('authenticated');
        await peer.admit();
        peer.socket.send(frame);
        await eventually(() => bench.state === 'offline');
        expect(bench.events.at(-1)).toMatchObject({ event: 'lost', cause: 'protocol' });
        await bench.connection.stop();
      }
    });

    it('is cut off at a frame beyond the limit, also before the end of one that has none', async () => {
      const peer = await bench.startOnline();
      peer.socket.send(new Uint8Array(256 * 1024 + 1));
      await eventually(() => bench.state === 'offline');
      bench.connection.reconnect();
      const endless = await bench.comeOnline();
      for (let piece = 0; piece < 5; piece += 1) endless.socket.send(new Uint8Array(64 * 1024), { fin: false });
      await eventually(() => bench.state === 'offline');
    });

    it('is cut off when it answers one thing with another', async () => {
      const peer = await bench.startOnline();
      const sending = bench.connection.send(RECIPIENT, [deviceEnvelope()], { accessKey: undefined });
      const { requestId } = await peer.next();
      peer.send({ requestId, body: { type: 'acknowledged' } });
      expect(await sending).toEqual({ outcome: 'away', reason: 'notSotto' });
      await eventually(() => bench.state === 'offline');
      bench.connection.reconnect();
      const again = await bench.comeOnline();
      const acknowledging = bench.connection.acknowledge([newEnvelopeId()]);
      const frame = await again.next();
      again.send({ requestId: frame.requestId, body: { type: 'accepted', serverTime: A_TIME } });
      expect(await acknowledging).toEqual({ outcome: 'away', reason: 'notSotto' });
    });

    it('is cut off when it answers the token with anything but yes or no', async () => {
      bench.start();
      const peer = await bench.server.nextSocket('authenticated');
      const { requestId } = await peer.next();
      peer.send({ requestId, body: { type: 'acknowledged' } });
      await eventually(() => bench.state === 'offline');
      expect(bench.events.at(-1)).toMatchObject({ event: 'lost', cause: 'protocol' });
    });

    it('passes over what a newer server says', async () => {
      const peer = await bench.startOnline();
      peer.socket.send(Buffer.from([0x92, 0x03, 0x00]));
      await aWhile();
      expect(bench.state).toBe('online');
    });

    it('cannot fill the memory with mail that nobody has acknowledged', async () => {
      let release: () => void = () => undefined;
      bench.handlers.deliver = () =>
        new Promise((resolve) => {
          release = resolve;
        });
      bench.start();
      const peer = await bench.server.nextSocket('authenticated');
      await peer.admit();
      const envelopes = [delivered(128 * 1024 - 100)];
      for (let sent = 0; sent < 600 && peer.socket.readyState === 1; sent += 1) {
        peer.send({ requestId: 0, body: { type: 'deliver', envelopes } });
        if (sent % 50 === 0) await aWhile();
      }
      await peer.closed;
      // The next session waits for the handler that still runs.
      expect(bench.state).toBe('connecting');
      release();
      expect((await bench.offline()).wait).toBe(500);
      expect(bench.events.at(-1)).toMatchObject({ event: 'lost', cause: 'flood' });
    });
  });
});
