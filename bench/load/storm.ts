import { setTimeout as pause } from 'node:timers/promises';
import { residentMiB } from '@sotto/e2e/harness';
import type { BenchServer } from '../server.js';
import type { LoadUser } from '../relay/sotto-registration.js';
import { percentile } from '../statistics.js';
import { Person } from './person.js';

/** The server keeps at most this many sockets a device. */
const SOCKETS_PER_DEVICE = 5;
/** As many share an address, as a household or an office does. */
const SOCKETS_PER_ADDRESS = 40;
const CONNECTING_AT_ONCE = 50;
const SETTLE_MS = 3_000;

/** Loopback addresses, one for every so many sockets. */
const addressOf = (index: number): string => {
  const host = Math.floor(index / SOCKETS_PER_ADDRESS);
  return `127.0.${String(1 + Math.floor(host / 200))}.${String(1 + (host % 200))}`;
};

export const devicesFor = (sockets: number): number => Math.ceil(sockets / SOCKETS_PER_DEVICE);

const crowd = (
  address: string,
  { users, sockets, onRefused }: { users: readonly LoadUser[]; sockets: number; onRefused: (code: string) => void },
): Person[] =>
  Array.from({ length: sockets }, (_, index) => {
    const user = users[Math.floor(index / SOCKETS_PER_DEVICE)];
    if (user === undefined) throw new Error('there are too few people for so many sockets');
    return new Person({ address, user, localAddress: addressOf(index), onRefused });
  });

const connectCalmly = async (people: readonly Person[]): Promise<void> => {
  for (let start = 0; start < people.length; start += CONNECTING_AT_ONCE)
    await Promise.all(people.slice(start, start + CONNECTING_AT_ONCE).map((person) => person.connectAtLast()));
};

export interface IdleReport {
  readonly sockets: number;
  readonly kibEach: number;
  readonly residentMiB: number;
  /** The same process before the first of them. */
  readonly beforeMiB: number;
  readonly refused: readonly string[];
}

/** Connections that stay silent, on a server that has just started. */
export const measureIdleSockets = async (
  server: BenchServer,
  users: readonly LoadUser[],
  sockets: number,
): Promise<IdleReport> => {
  const refused: string[] = [];
  const people = crowd(server.address, { users, sockets, onRefused: (code) => refused.push(code) });
  const beforeMiB = residentMiB(server.pid);
  await connectCalmly(people);
  await pause(SETTLE_MS);
  const after = residentMiB(server.pid);
  for (const person of people) person.drop();
  return { sockets, kibEach: ((after - beforeMiB) * 1_024) / sockets, residentMiB: after, beforeMiB, refused };
};

export interface StormReport {
  readonly sockets: number;
  readonly refused: readonly string[];
  /** From the moment in which the server was there again until everybody knew that nothing waits. */
  readonly allBackMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** All connections are lost in one moment, because the server is killed, and all come back in one moment. */
export const runStorm = async (
  server: BenchServer,
  {
    users,
    sockets,
    startAgain,
  }: { users: readonly LoadUser[]; sockets: number; startAgain: () => Promise<BenchServer> },
): Promise<StormReport> => {
  const refused: string[] = [];
  const people = crowd(server.address, { users, sockets, onRefused: (code) => refused.push(code) });
  await connectCalmly(people);
  refused.length = 0;
  await server.kill();
  while (people.some((person) => person.isConnected)) await pause(10);
  await startAgain();
  const from = performance.now();
  const backMs = await Promise.all(
    people.map(async (person) => {
      await person.connectAtLast();
      return performance.now() - from;
    }),
  );
  const missing = people.filter((person) => !person.isConnected).length;
  if (missing > 0) throw new Error(`${String(missing)} connections were lost again`);
  for (const person of people) person.drop();
  return {
    sockets,
    refused,
    allBackMs: Math.max(...backMs),
    p50Ms: percentile(backMs, 0.5),
    p99Ms: percentile(backMs, 0.99),
  };
};
