import { randomBytes, randomInt } from 'node:crypto';
import { setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { newEnvelopeId, registerLoadUser, type LoadUser } from '../relay/sotto-registration.js';
import { FloodOrder } from './flood-orders.js';
import { Person, type Recipient } from './person.js';

const LOCAL_ADDRESS = '127.0.9.1';
const SOCKETS = 5;
const IN_FLIGHT = 64;
const TEXT_BYTES = 1_024;
const RETRY_MS = 20;
/** The other people's program shares a core with this one, and must not wait for it when it takes the time. */
const LEAST_PRIORITY = 19;

/** Sends as fast as its sockets take it, and comes back whenever it is thrown out. */
class Flooder {
  attempts = 0;
  #running = false;
  readonly #people: readonly Person[];
  readonly #victims: readonly Recipient[];
  #loops: readonly Promise<void>[] = [];

  constructor(address: string, user: LoadUser, victims: readonly Recipient[]) {
    this.#people = Array.from({ length: SOCKETS }, () => new Person({ address, user, localAddress: LOCAL_ADDRESS }));
    this.#victims = victims;
  }

  start(): void {
    this.#running = true;
    this.#loops = this.#people.map((person) => this.#flood(person));
  }

  async stop(): Promise<void> {
    this.#running = false;
    for (const person of this.#people) person.drop();
    await Promise.all(this.#loops);
  }

  async #flood(person: Person): Promise<void> {
    while (this.#running) {
      try {
        await person.connect();
        await Promise.all(Array.from({ length: IN_FLIGHT }, () => this.#sendOn(person)));
      } catch {
        await pause(RETRY_MS);
      }
    }
    person.drop();
  }

  async #sendOn(person: Person): Promise<void> {
    while (this.#running && person.isConnected) {
      const victim = this.#victims[randomInt(this.#victims.length)];
      if (victim === undefined) return;
      this.attempts += 1;
      await person.send(victim, newEnvelopeId(), randomBytes(TEXT_BYTES));
    }
  }
}

let flooder: Flooder | undefined;

const obey = async (order: FloodOrder): Promise<void> => {
  if (order.type === 'register')
    flooder = new Flooder(order.address, await registerLoadUser(order.address, 'flooder'), order.victims);
  else if (order.type === 'start') flooder?.start();
  else await flooder?.stop();
};

setPriority(LEAST_PRIORITY);
process.on('message', (message) => {
  void obey(FloodOrder.parse(message)).then(() => process.send?.({ attempts: flooder?.attempts ?? 0 }));
});
