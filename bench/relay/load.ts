import { randomBytes, randomInt } from 'node:crypto';
import { cpuSeconds } from '@sotto/e2e/harness';
import { percentile } from '../statistics.js';
import type { Target } from './target.js';

const PAYLOAD_BYTES = 1_024;
const USERS = 100;
const IN_FLIGHT_PER_USER = 8;
/** Messages before the clock starts, so that code is compiled and pages are warm. */
const WARM_UP = 2_000;
const DRAIN_TIMEOUT_MS = 30_000;

export interface Saturation {
  readonly messagesPerSecond: number;
  readonly cpuPerThousand: number;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

const filler = randomBytes(PAYLOAD_BYTES);

const stamped = (): Buffer => {
  const payload = Buffer.from(filler);
  payload.writeDoubleBE(performance.now(), 0);
  return payload;
};

const otherThan = (self: number): number => {
  const other = randomInt(USERS - 1);
  return other >= self ? other + 1 : other;
};

const until = async (condition: () => boolean, what: string): Promise<void> => {
  const end = performance.now() + DRAIN_TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`timed out: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

/** Every user keeps eight messages in flight for `seconds`; counts what has arrived, and fails if any is lost. */
export const saturate = async (target: Target, seconds: number): Promise<Saturation> => {
  let received = 0;
  let sent = 0;
  let accepted = 0;
  let running = true;
  const peers = await target.connect(USERS, () => {
    received += 1;
  });
  const loops = peers.flatMap((peer, index) =>
    Array.from({ length: IN_FLIGHT_PER_USER }, async () => {
      while (running) {
        sent += 1;
        await peer.send(otherThan(index), stamped());
        accepted += 1;
      }
    }),
  );
  await until(() => received >= WARM_UP, 'warm-up');
  const from = { at: performance.now(), received, cpu: cpuSeconds(target.pids) };
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const elapsed = (performance.now() - from.at) / 1_000;
  const count = received - from.received;
  const cpu = cpuSeconds(target.pids) - from.cpu;
  running = false;
  await Promise.all(loops);
  await until(
    () => received >= accepted,
    `${String(accepted - received)} of ${String(sent)} accepted messages are missing`,
  );
  for (const peer of peers) peer.close();
  return { messagesPerSecond: count / elapsed, cpuPerThousand: (cpu / count) * 1_000 };
};

export interface Backlog {
  /** How fast what is sent to somebody who is away is accepted. */
  readonly takenPerSecond: number;
  /** From the first byte of the one who comes back until he has all of it. */
  readonly drainedMs: number;
}

const BACKLOG = 1_000;
const SETTLE_MS = 500;

/** Somebody is away while all others write to him, and comes back. */
export const measureBacklog = async (target: Target): Promise<Backlog> => {
  const peers = await target.connect(USERS, () => undefined);
  // What the load before has left unacknowledged comes again first: the mailbox is empty when its owner leaves.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  peers[0]?.close();
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const from = performance.now();
  let left = BACKLOG;
  await Promise.all(
    peers.slice(1).flatMap((peer) =>
      Array.from({ length: IN_FLIGHT_PER_USER }, async () => {
        while (left > 0) {
          left -= 1;
          await peer.send(0, stamped());
        }
      }),
    ),
  );
  const takenMs = performance.now() - from;
  let arrived = 0;
  const back = performance.now();
  const returned = await target.connectOne(0, () => {
    arrived += 1;
  });
  await until(() => arrived >= BACKLOG, 'what has waited');
  const drainedMs = performance.now() - back;
  for (const peer of [...peers, returned]) peer.close();
  return { takenPerSecond: (BACKLOG / takenMs) * 1_000, drainedMs };
};

/** Sends at a fixed rate, spread over all users, and measures from before the send to the arrival. */
export const measureLatency = async (target: Target, perSecond: number, seconds: number): Promise<Latency> => {
  const latencies: number[] = [];
  let measuring = false;
  let expected = 0;
  let arrived = 0;
  const peers = await target.connect(USERS, (payload) => {
    arrived += 1;
    if (measuring) latencies.push(performance.now() - payload.readDoubleBE(0));
  });
  const started = performance.now();
  const total = perSecond * (seconds + 1);
  for (let index = 0; index < total; index += 1) {
    const due = started + (index * 1_000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    measuring ||= index >= perSecond;
    const from = randomInt(USERS);
    expected += 1;
    void peers[from]?.send(otherThan(from), stamped());
  }
  await until(() => arrived >= expected, 'all messages to arrive');
  for (const peer of peers) peer.close();
  return {
    p50Ms: percentile(latencies, 0.5),
    p95Ms: percentile(latencies, 0.95),
    p99Ms: percentile(latencies, 0.99),
  };
};
