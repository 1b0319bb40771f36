import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { newEnvelopeId, type LoadUser } from '../relay/sotto-registration.js';
import { median, percentile } from '../statistics.js';
import { startChild } from '../paths/child.js';
import { FloodCount, type FloodOrder } from './flood-orders.js';
import { Person } from './person.js';

const WINDOW_MS = 12_000;
const PAIRS = 7;
/** What one person may send in the long run is one a second. */
const SEND_EVERY_MS = 1_500;
const TEXT_BYTES = 1_024;

export interface FloodReport {
  readonly people: number;
  /** p95 of the others in the windows without and with the flood, medians over the windows. */
  readonly calmP95Ms: number;
  readonly floodedP95Ms: number;
  /** Of the ratios of neighbouring windows: what slows the whole machine for a while touches both. */
  readonly ratio: number;
  /** Messages that the flooding account tried to send. */
  readonly floodPerSecond: number;
  readonly refusedToOthers: readonly string[];
}

/** Ordinary people write to one another under the real limits, by turns with and without somebody who floods. */
export const runFlood = async (address: string, users: readonly LoadUser[]): Promise<FloodReport> => {
  const refusedToOthers: string[] = [];
  let latencies: number[] = [];
  const people = users.map(
    (user) =>
      new Person({
        address,
        user,
        onRefused: (code) => refusedToOthers.push(code),
        onDelivered: ({ ciphertext }) => {
          const at = Buffer.from(ciphertext.subarray(0, 16));
          // The flood's messages are random bytes without the mark.
          if (at.readDoubleBE(8) === MARK) latencies.push(performance.now() - at.readDoubleBE(0));
        },
      }),
  );
  for (const person of people) await person.connectAtLast();
  const victims = users.map(({ accountId, deviceId, registrationId }) => ({ accountId, deviceId, registrationId }));
  // A process of its own: what it takes from the client's time would be counted as the server's.
  const flooder = startChild('../load/flooder-program.js', []);
  const order = (what: FloodOrder) => flooder.ask(what, FloodCount);
  await order({ type: 'register', address, victims });
  let running = true;
  const lives = people.map(async (person, index) => {
    await pause(randomInt(SEND_EVERY_MS));
    while (running) {
      const payload = randomBytes(TEXT_BYTES);
      payload.writeDoubleBE(performance.now(), 0);
      payload.writeDoubleBE(MARK, 8);
      const to = people[(index + 1 + randomInt(people.length - 1)) % people.length];
      if (to !== undefined) await person.send(to.user, newEnvelopeId(), payload);
      await pause(SEND_EVERY_MS);
    }
  });
  const windowP95 = async (): Promise<number> => {
    latencies = [];
    await pause(WINDOW_MS);
    return percentile(latencies, 0.95);
  };
  const pairs: { readonly calm: number; readonly flooded: number }[] = [];
  let attempts = 0;
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const calm = await windowP95();
    await order({ type: 'start' });
    const flooded = await windowP95();
    ({ attempts } = await order({ type: 'stop' }));
    pairs.push({ calm, flooded });
  }
  running = false;
  await flooder.stop();
  await Promise.all(lives);
  for (const person of people) person.drop();
  return {
    people: people.length,
    calmP95Ms: median(pairs.map(({ calm }) => calm)),
    floodedP95Ms: median(pairs.map(({ flooded }) => flooded)),
    ratio: median(pairs.map(({ calm, flooded }) => flooded / calm)),
    floodPerSecond: (attempts / (PAIRS * WINDOW_MS)) * 1_000,
    refusedToOthers,
  };
};

/** Marks what ordinary people send. */
const MARK = 0.577_215_664_9;
