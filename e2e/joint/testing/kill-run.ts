import { randomUUID } from 'node:crypto';
import { SealedBytes, type DeviceMessenger, type PreKeyBundle } from '@sotto/crypto';
import { parseUnixMs } from '@sotto/protocol/ids';
import type { KillPoint } from '../../harness/kill-point.js';
import { base64, fromBase64, type DeliveredEnvelope, type FromReceiver } from './messages.js';
import {
  CertificateServer,
  createState,
  newAccountId,
  newMessenger,
  present,
  publish,
  textGate,
  textMessage,
  type Address,
} from './party.js';
import { ReceiverProcess, type ReceiverEnd } from './receiver-process.js';
import { SqlcipherState } from './sqlcipher-state.js';

/** A device of the test's own process. */
class Correspondent {
  readonly state = createState(':memory:');
  readonly address: Address = { accountId: newAccountId(), deviceId: this.state.localIdentity().deviceId };
  readonly messenger: DeviceMessenger = newMessenger(this.state, this.address.accountId);
}

/**
 * A receiving process over one database, which dies and starts again, and those who write to it. This side is the server as
 * well: what was not acknowledged is delivered again, an answer that has been accepted is not taken twice.
 */
export class KillRun {
  readonly #databasePath: string;
  readonly #server = new CertificateServer();
  readonly #receiver: Address;
  readonly #bundles: PreKeyBundle[];
  readonly #correspondents: Correspondent[] = [];
  readonly #mailbox = new Map<string, DeliveredEnvelope>();
  readonly #answers = new Map<string, string>();
  readonly #written: string[] = [];
  readonly #answered = new Map<string, number>();
  #lastResortUses = 0;

  /** @param bundles - of prekeys that the receiver gets: one fewer with one-time keys, the last serves all that come later */
  constructor(databasePath: string, bundles: number) {
    this.#databasePath = databasePath;
    const state = createState(databasePath);
    this.#receiver = { accountId: newAccountId(), deviceId: state.localIdentity().deviceId };
    this.#bundles = [...publish(state, bundles)];
    state.close();
  }

  /** Somebody new, who begins with a first message. */
  async join(): Promise<void> {
    const correspondent = new Correspondent();
    this.#correspondents.push(correspondent);
    const bundle = present(this.#bundles.length > 1 ? this.#bundles.shift() : this.#bundles[0]);
    if (this.#bundles.length === 1 && bundle === this.#bundles[0]) this.#lastResortUses += 1;
    await this.#write(correspondent, [bundle]);
  }

  /** One message of everybody. */
  async writeAll(): Promise<void> {
    for (const correspondent of this.#correspondents) await this.#write(correspondent, []);
  }

  /** Delivers what waits to a process that dies at `killAt`, or until nothing is left to do. */
  async run(killAt?: KillPoint): Promise<ReceiverEnd> {
    const ended = await new Promise<ReceiverEnd>((resolve, reject) => {
      const receiver = new ReceiverProcess((message) => {
        this.#hear(message, receiver);
        if (this.#isSettled) void receiver.stop();
      }, killAt);
      receiver.ended.then(resolve, reject);
      receiver.say({ kind: 'start', ...this.#start() });
      receiver.say({ kind: 'deliver', envelopes: [...this.#mailbox.values()] });
      if (this.#isSettled) void receiver.stop();
    });
    await this.#openAnswers();
    return ended;
  }

  /** What is wrong after all has settled. Empty if nothing is. */
  faults(): readonly string[] {
    const faults: string[] = [];
    const state = SqlcipherState.open(this.#databasePath);
    const texts = state.all('SELECT text FROM message').map(({ text }) => String(text));
    for (const text of this.#written) {
      const times = texts.filter((one) => one === text).length;
      if (times !== 1) faults.push(`${text} is stored ${times} times`);
      const answers = this.#answered.get(`answer to ${text}`) ?? 0;
      if (answers !== 1) faults.push(`${text} is answered ${answers} times`);
    }
    if (texts.length !== this.#written.length) faults.push(`${texts.length} are stored of ${this.#written.length}`);
    const count = (sql: string) => Number(state.all(sql)[0]?.['n']);
    const unused = this.#bundles.length - 1;
    const expected = { pre_key: unused, kyber_pre_key: unused + 1, replay_mark: this.#lastResortUses, outbox: 0 };
    for (const [table, rows] of Object.entries(expected)) {
      const found = count(`SELECT count(*) AS n FROM ${table}`);
      if (found !== rows) faults.push(`${table} has ${found} rows instead of ${rows}`);
    }
    const integrity = state.all('PRAGMA integrity_check').map((row) => String(Object.values(row)[0]));
    if (integrity.join() !== 'ok') faults.push(`integrity: ${integrity.join()}`);
    // Pages whose authentication code is wrong; none is the empty answer.
    faults.push(...state.all('PRAGMA cipher_integrity_check').map((row) => `cipher: ${String(Object.values(row)[0])}`));
    state.close();
    return faults;
  }

  get #isSettled(): boolean {
    return this.#mailbox.size === 0 && this.#answers.size >= this.#written.length;
  }

  #start() {
    const { trust } = this.#server;
    const state = SqlcipherState.open(this.#databasePath);
    const certificate = this.#server.issue(state.localIdentity());
    state.close();
    return {
      databasePath: this.#databasePath,
      accountId: this.#receiver.accountId,
      trustRoot: base64(trust.trustRoot),
      serverCertificate: base64(present(trust.serverCertificates[0])),
      certificate: base64(certificate.bytes),
    };
  }

  #hear(message: FromReceiver, receiver: ReceiverProcess): void {
    switch (message.kind) {
      case 'acknowledge':
        for (const id of message.ids) this.#mailbox.delete(id);
        return;
      case 'answer': {
        const known = this.#answers.get(message.id);
        const text = `${message.deviceId} ${message.ciphertext}`;
        if (known !== undefined && known !== text) throw new Error('One envelope id was used for two answers.');
        this.#answers.set(message.id, text);
        receiver.say({ kind: 'accepted', ids: [message.id] });
      }
    }
  }

  async #write(correspondent: Correspondent, bundles: readonly PreKeyBundle[]): Promise<void> {
    const text = `message ${this.#written.length}`;
    const certificate = this.#server.issue(correspondent.state.localIdentity());
    const [sent] = await correspondent.messenger.send([textMessage(correspondent.address, this.#receiver, text)], {
      certificate,
      bundles,
      commit: () => undefined,
    });
    const result = present(sent).result;
    if (result.outcome !== 'sealed') throw new Error(result.outcome);
    this.#written.push(text);
    for (const { ciphertext } of result.copies) {
      const id = randomUUID();
      this.#mailbox.set(id, { id, serverTime: Date.now(), ciphertext: base64(ciphertext) });
    }
  }

  readonly #opened = new Set<string>();

  /** An answer that shared its ratchet position with another would not open. */
  async #openAnswers(): Promise<void> {
    const { trust } = this.#server;
    for (const [id, answer] of this.#answers) {
      if (this.#opened.has(id)) continue;
      this.#opened.add(id);
      const [deviceId, ciphertext] = answer.split(' ');
      const to = present(this.#correspondents.find(({ address }) => address.deviceId === deviceId));
      const envelope = {
        ciphertext: SealedBytes.of(fromBase64(present(ciphertext))),
        serverTime: present(parseUnixMs(Date.now())),
      };
      const [received] = await to.messenger.receive([envelope], { trust, gate: textGate(), commit: () => undefined });
      const { result } = present(received);
      if (result.outcome !== 'opened') throw new Error(`An answer was ${result.outcome}.`);
      this.#answered.set(result.content.text, (this.#answered.get(result.content.text) ?? 0) + 1);
    }
  }
}
