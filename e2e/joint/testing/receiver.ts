/**
 * A process that receives sealed envelopes into SQLCipher, acknowledges what it has committed and answers every message.
 * It ends itself by SIGKILL at the point that the environment names.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import {
  OwnSenderCertificate,
  SealedBytes,
  SenderCertificateBytes,
  ServerCertificateBytes,
  TrustRootPublicKey,
  type Received,
  type SealedEnvelope,
  type SenderTrust,
} from '@sotto/crypto';
import { accountIdFromBytes, deviceIdFromBytes, idBytes, parseAccountId, parseUnixMs } from '@sotto/protocol/ids';
import { KILL_POINT_VARIABLE, killer } from '../../harness/kill-point.js';
import {
  base64,
  fromBase64,
  type DeliveredEnvelope,
  type FromReceiver,
  type StartMessage,
  type ToReceiver,
} from './messages.js';
import { newMessenger, present, textGate, textMessage, type Address, type TextContent } from './party.js';
import { SqlcipherState } from './sqlcipher-state.js';

const onEvent = killer(process.env[KILL_POINT_VARIABLE]);
const BATCH = 5;

interface Identified extends SealedEnvelope {
  readonly id: string;
}

const say = (message: FromReceiver): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

class Receiver {
  readonly #state: SqlcipherState;
  readonly #self: Address;
  readonly #trust: SenderTrust;
  readonly #certificate: OwnSenderCertificate;
  readonly #messenger: ReturnType<typeof newMessenger>;

  constructor(start: StartMessage) {
    this.#state = SqlcipherState.open(start.databasePath, onEvent);
    const accountId = present(parseAccountId(start.accountId));
    const identity = this.#state.localIdentity();
    this.#self = { accountId, deviceId: identity.deviceId };
    this.#trust = {
      trustRoot: TrustRootPublicKey.of(fromBase64(start.trustRoot)),
      serverCertificates: [ServerCertificateBytes.of(fromBase64(start.serverCertificate))],
    };
    const bytes = SenderCertificateBytes.of(fromBase64(start.certificate));
    const now = present(parseUnixMs(Date.now()));
    const verdict = OwnSenderCertificate.verify(bytes, { identity, trust: this.#trust, now });
    if (verdict.outcome === 'refused') throw new Error(verdict.reason);
    this.#certificate = verdict.certificate;
    this.#messenger = newMessenger(this.#state, accountId);
  }

  async deliver(envelopes: readonly DeliveredEnvelope[]): Promise<void> {
    for (let at = 0; at < envelopes.length; at += BATCH) {
      await this.#receive(
        envelopes.slice(at, at + BATCH).map(({ id, serverTime, ciphertext }) => ({
          id,
          serverTime: present(parseUnixMs(serverTime)),
          ciphertext: SealedBytes.of(fromBase64(ciphertext)),
        })),
      );
      await this.#answer();
    }
    await this.resume();
  }

  /** Answers what was not answered before the process died, and sends again what nobody is known to have got. */
  async resume(): Promise<void> {
    await this.#answer();
    for (const { envelope_id: id, device_id: deviceId, ciphertext } of this.#state.all('SELECT * FROM outbox')) {
      if (ciphertext instanceof Uint8Array) {
        say({ kind: 'answer', id: String(id), deviceId: String(deviceId), ciphertext: base64(ciphertext) });
      }
    }
  }

  accept(ids: readonly string[]): void {
    for (const id of ids) this.#state.run('DELETE FROM outbox WHERE envelope_id = ?', [id]);
  }

  async #receive(envelopes: readonly Identified[]): Promise<void> {
    const received = await this.#messenger.receive(envelopes, {
      trust: this.#trust,
      gate: textGate(() => onEvent('content.decoded')),
      commit: (results) => {
        for (const one of results) this.#keep(one);
      },
    });
    for (const { result } of received) {
      if (result.outcome !== 'opened' && result.outcome !== 'duplicate') throw new Error(JSON.stringify(result));
    }
    say({ kind: 'acknowledge', ids: envelopes.map(({ id }) => id) });
    onEvent('acknowledged');
  }

  #keep({ result }: Received<Identified, TextContent>): void {
    if (result.outcome !== 'opened') return;
    const { binding, text } = result.content;
    this.#state.run('INSERT INTO message (text, sender, account, answered) VALUES (?, ?, ?, 0)', [
      text,
      idBytes(binding.senderDevice),
      idBytes(binding.senderAccount),
    ]);
  }

  async #answer(): Promise<void> {
    const rows = this.#state.all('SELECT * FROM message WHERE answered = 0 ORDER BY id');
    if (rows.length === 0) return;
    const messages = rows.slice(0, BATCH).map(({ id, text, sender, account }) => {
      if (!(sender instanceof Uint8Array) || !(account instanceof Uint8Array)) throw new Error('No sender.');
      const to = { accountId: present(accountIdFromBytes(account)), deviceId: present(deviceIdFromBytes(sender)) };
      return { row: Number(id), ...textMessage(this.#self, to, `answer to ${String(text)}`) };
    });
    await this.#messenger.send(messages, {
      certificate: this.#certificate,
      bundles: [],
      commit: (sent) => {
        for (const { message, result } of sent) {
          if (result.outcome !== 'sealed') throw new Error(result.outcome);
          this.#state.run('UPDATE message SET answered = 1 WHERE id = ?', [message.row]);
          for (const { deviceId, ciphertext } of result.copies) {
            this.#state.run('INSERT INTO outbox VALUES (?, ?, ?)', [randomUUID(), deviceId, ciphertext]);
          }
        }
      },
    });
    await this.#answer();
  }
}

let receiver: Receiver | undefined;

const handle = async (message: ToReceiver): Promise<void> => {
  switch (message.kind) {
    case 'start':
      receiver = new Receiver(message);
      return receiver.resume();
    case 'deliver':
      return present(receiver).deliver(message.envelopes);
    case 'accepted':
      return present(receiver).accept(message.ids);
  }
};

for await (const line of createInterface({ input: process.stdin })) await handle(JSON.parse(line));
