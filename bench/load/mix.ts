import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ClaimPreKeysRequest, ROUTES } from '@sotto/protocol/wire';
import { z } from 'zod';
import { newEnvelopeId, type LoadUser } from '../relay/sotto-registration.js';
import { percentile } from '../statistics.js';
import { Person } from './person.js';

const TEXT_BYTES = 1_024;
const LARGE_BYTES = 24 * 1_024;
const GROUP_SIZE = 5;
/** Mean time between two things that somebody does. */
const THINKING_MS = 500;
const AWAY_MOST_MS = 10_000;
const RETRY_MS = 100;
const REFRESH_MS = 4 * 60_000;
const DRAIN_TIMEOUT_MS = 30_000;
const STAMP_BYTES = 12;

export interface MixOptions {
  readonly address: string;
  readonly users: readonly LoadUser[];
  readonly seconds: number;
}

export interface MixReport {
  readonly sent: number;
  readonly calls: number;
  readonly dropped: number;
  readonly redelivered: number;
  readonly lost: number;
  readonly refused: readonly string[];
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** A message tells when it was sent first and during which connection of its recipient. */
const stamped = (bytes: number, connection: number): Buffer => {
  const payload = randomBytes(bytes);
  payload.writeDoubleBE(performance.now(), 0);
  payload.writeUInt32BE(connection, 8);
  return payload;
};

/** What people do, and how often out of a hundred times. */
const ACTIVITIES = [
  ['text', 62],
  ['group', 8],
  ['large', 6],
  ['list', 5],
  ['preKeys', 4],
  ['find', 4],
  ['devices', 4],
  ['certificate', 4],
  ['lostNetwork', 3],
] as const;
type Activity = (typeof ACTIVITIES)[number][0];

const pickActivity = (): Activity => {
  let left = randomInt(100);
  for (const [activity, share] of ACTIVITIES) {
    if (left < share) return activity;
    left -= share;
  }
  return 'text';
};

class Mix {
  readonly latencies: number[] = [];
  readonly refused: string[] = [];
  readonly people: readonly Person[];
  sent = 0;
  calls = 0;
  dropped = 0;
  #running = true;

  constructor({ address, users }: MixOptions) {
    this.people = users.map(
      (user) =>
        new Person({
          address,
          user,
          onRefused: (code) => this.refused.push(code),
          onDelivered: ({ ciphertext, connection }) => {
            const stamp = Buffer.from(ciphertext.subarray(0, STAMP_BYTES));
            // What was sent to somebody who was away is no delay of the server's.
            if (stamp.readUInt32BE(8) === connection) this.latencies.push(performance.now() - stamp.readDoubleBE(0));
          },
        }),
    );
  }

  async run(seconds: number): Promise<void> {
    await Promise.all(this.people.map((person) => person.connectAtLast()));
    const lives = this.people.map((person) => this.#live(person));
    await pause(seconds * 1_000);
    this.#running = false;
    await Promise.all(lives);
    const end = performance.now() + DRAIN_TIMEOUT_MS;
    while (this.lost > 0 && performance.now() < end) await pause(50);
    for (const person of this.people) person.drop();
  }

  /** Accepted, and not arrived. */
  get lost(): number {
    return this.people.reduce(
      (sum, person) => sum + [...person.accepted].filter((id) => !person.arrived.has(id)).length,
      0,
    );
  }

  async #live(person: Person): Promise<void> {
    let refreshedAt = performance.now();
    while (this.#running) {
      await pause(randomInt(2 * THINKING_MS));
      if (performance.now() - refreshedAt > REFRESH_MS) {
        await person.refresh();
        refreshedAt = performance.now();
      }
      await this.#do(pickActivity(), person);
    }
  }

  async #do(activity: Activity, person: Person): Promise<void> {
    switch (activity) {
      case 'text':
        return this.#send(person, this.#other(person), TEXT_BYTES);
      case 'large':
        return this.#send(person, this.#other(person), LARGE_BYTES);
      case 'group':
        await Promise.all(
          Array.from({ length: GROUP_SIZE }, () => this.#send(person, this.#other(person), TEXT_BYTES)),
        );
        return;
      case 'lostNetwork':
        this.dropped += 1;
        person.drop();
        await pause(randomInt(AWAY_MOST_MS));
        return person.connectAtLast();
      case 'list':
      case 'preKeys':
      case 'find':
      case 'devices':
      case 'certificate':
        this.calls += 1;
        await this.#call(activity, person);
    }
  }

  async #call(
    activity: Exclude<Activity, 'text' | 'large' | 'group' | 'lostNetwork'>,
    person: Person,
  ): Promise<unknown> {
    const { user } = this.#other(person);
    switch (activity) {
      case 'list':
        return person.call('GET', ROUTES.deviceList.path.replace(':accountId', user.accountId));
      case 'find':
        return person.call('POST', ROUTES.findAccount.path, { username: user.username });
      case 'devices':
        return person.call('GET', ROUTES.ownDevices.path);
      case 'certificate':
        return person.call('POST', ROUTES.senderCertificate.path);
      case 'preKeys': {
        const request = { accountId: user.accountId, deviceIds: [user.deviceId] };
        return person.call('POST', ROUTES.claimPreKeys.path, z.encode(ClaimPreKeysRequest, request));
      }
    }
  }

  /** Until it is accepted, under one id: what got no answer may have been stored. */
  async #send(person: Person, to: Person, bytes: number): Promise<void> {
    const envelopeId = newEnvelopeId();
    const payload = stamped(bytes, to.isConnected ? to.connection : 0);
    for (;;) {
      const answer = await person.send(to.user, envelopeId, payload);
      if (answer?.type === 'accepted') break;
      await pause(RETRY_MS);
      if (!person.isConnected) await person.connectAtLast();
    }
    to.accepted.add(envelopeId);
    this.sent += 1;
  }

  #other(self: Person): Person {
    for (;;) {
      const other = this.people[randomInt(this.people.length)];
      if (other !== undefined && other !== self) return other;
    }
  }
}

/** Everybody does a bit of everything for a while; nothing that was accepted may be missing at the end. */
export const runMix = async (options: MixOptions): Promise<MixReport> => {
  const mix = new Mix(options);
  await mix.run(options.seconds);
  return {
    sent: mix.sent,
    calls: mix.calls,
    dropped: mix.dropped,
    redelivered: mix.people.reduce((sum, { redelivered }) => sum + redelivered, 0),
    lost: mix.lost,
    refused: mix.refused,
    p50Ms: percentile(mix.latencies, 0.5),
    p95Ms: percentile(mix.latencies, 0.95),
    p99Ms: percentile(mix.latencies, 0.99),
  };
};
