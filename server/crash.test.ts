import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { FrameClient } from './testing/client/frame-client.js';
import { startServerProcess, type ServerProcess } from './testing/client/server-process.js';
import { describeOnEveryDatabase } from './testing/describe-on-every-database.js';
import { registerPerson, sendTo, type TestPerson } from './testing/client/test-servers.js';

const TIMEOUT_MS = 240_000;
const POINTS = ['mailbox.beforeCommit', 'mailbox.afterCommit', 'mailbox.beforeDelete', 'mailbox.afterDelete'];

/** One life of the server: sends and acknowledges until it dies. */
class Life {
  readonly #address: string;
  readonly #sender: TestPerson;
  readonly #reader: TestPerson;

  constructor(address: string, sender: TestPerson, reader: TestPerson) {
    this.#address = address;
    this.#sender = sender;
    this.#reader = reader;
  }

  /** Sends everything in `waiting` until it is accepted; acknowledges whatever arrives, after it has been written down. */
  async run(waiting: ReturnType<typeof sendTo>[], accepted: Set<string>, received: string[]): Promise<void> {
    const from = await FrameClient.authenticated(this.#address, this.#sender.token);
    const to = await FrameClient.authenticated(this.#address, this.#reader.token);
    let written = 0;
    const write = (): void => {
      const fresh = to.delivered.slice(written).map(({ envelopeId }) => envelopeId);
      if (fresh.length === 0) return;
      written += fresh.length;
      received.push(...fresh);
      void to.request({ type: 'acknowledge', envelopeIds: fresh }).catch(() => undefined);
    };
    to.socket.on('message', write);
    while (from.closed === undefined) {
      const send = waiting[0];
      if (send === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        break;
      }
      const answer = await Promise.race([from.request(send), from.closing().then(() => undefined)]).catch(
        () => undefined,
      );
      if (answer?.type !== 'accepted') continue;
      waiting.shift();
      accepted.add(send.envelopes[0]!.envelopeId);
    }
    from.socket.terminate();
    to.socket.terminate();
  }
}

describeOnEveryDatabase('A server that is killed', (databases) => {
  it(
    'loses nothing that it accepted, keeps the order, and repeats only what was under way, wherever it dies',
    async () => {
      const { url } = await databases.empty();
      const folder = mkdtempSync(join(tmpdir(), 'sotto-crash-'));
      const settings = {
        SOTTO_DATA: folder,
        DATABASE_URL: url,
        SOTTO_LOG_LEVEL: 'debug',
        SOTTO_LIMIT_FACTOR: '1000000',
      };
      let server: ServerProcess = startServerProcess(settings);
      const address = await server.listening();
      const [sender, reader] = [await registerPerson({ address }), await registerPerson({ address })];
      const waiting = Array.from({ length: 200 }, () => sendTo(reader.account));
      const order = waiting.map(({ envelopes }) => String(envelopes[0]!.envelopeId));
      const [accepted, received] = [new Set<string>(), [] as string[]];
      let here = address;
      for (const point of POINTS) {
        server.killAt(point, 7);
        await new Life(here, sender, reader).run(waiting, accepted, received);
        expect(await server.ended).toBeUndefined();
        server = startServerProcess(settings);
        here = await server.listening();
      }
      await new Life(here, sender, reader).run(waiting, accepted, received);
      server.signal('SIGTERM');
      expect(await server.ended).toBe(0);

      expect(waiting).toHaveLength(0);
      const firstSeen = received.filter((id, index) => received.indexOf(id) === index);
      expect(firstSeen).toEqual(order);
      // Delivered again only what had not been acknowledged when the server died: a few at each death.
      expect(received.length - firstSeen.length).toBeLessThan(POINTS.length * 20);
      rmSync(folder, { recursive: true, force: true });
    },
    TIMEOUT_MS,
  );
});
