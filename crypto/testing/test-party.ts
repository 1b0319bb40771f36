import { parseAccountId, parseUnixMs, type AccountId, type DeviceId, type UnixMs } from '@sotto/protocol/ids';
import { randomUUID } from 'node:crypto';
import {
  generateKyberPreKey,
  generatePreKey,
  generateSignedPreKey,
  publicKyberPreKey,
  publicPreKey,
  publicSignedPreKey,
} from '../backend/libsignal-prekeys.js';
import { systemRandom } from '../backend/system-random.js';
import { generateDeviceKeys } from '../identity/device-keys.js';
import { parsePreKeyId, Plaintext, type PreKeyId } from '../keys.js';
import { PreKeyBundle, type UntrustedPreKeyBundle } from '../prekey/prekey-bundle.js';
import type { ContentBinding, ContentGate, DeviceStanding } from '../sealed-sender/content-gate.js';
import type { MessageCopy, OutgoingMessage, SealedCopy } from '../sealed-sender/seal.js';
import { OwnSenderCertificate, type SenderTrust } from '../sealed-sender/sender-certificate.js';
import { createServerKeys, issueSenderCertificate } from '../server-keys/key-ring.js';
import { DeviceMessenger, type Received } from '../session/device-messenger.js';
import type { SealedEnvelope } from '../sealed-sender/open.js';
import type { LocalIdentity } from '../store.js';
import { MemoryState } from './memory-state.js';

/** The value of an expected outcome; the test fails where there is none. */
export const present = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('A test expected a value.');
  return value;
};

export const preKeyId = (value: number): PreKeyId => present(parsePreKeyId(value));
export const unixMs = (value: number): UnixMs => present(parseUnixMs(value));
const randomAccountId = (): AccountId => present(parseAccountId(randomUUID()));

/** The time at which tests begin. */
export const START = unixMs(1_800_000_000_000);
const CERTIFICATE_LIFETIME_MS = 24 * 3_600_000;

/** A clock that stands until it is moved. */
class TestClock {
  #now = START;

  now(): UnixMs {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now = unixMs(this.#now + ms);
  }
}

/** A server as far as sealed sender needs one: a trust root and a certificate key. */
export class TestServer {
  readonly clock = new TestClock();
  readonly keyRing = createServerKeys(systemRandom);

  get trust(): SenderTrust {
    return { trustRoot: this.keyRing.trustRoot, serverCertificates: [this.keyRing.keys.certificate] };
  }

  certificateFor(identity: LocalIdentity): OwnSenderCertificate {
    const { deviceId, identityKeyPair } = identity;
    const now = this.clock.now();
    const expiresAt = unixMs(now + CERTIFICATE_LIFETIME_MS);
    const bytes = issueSenderCertificate(this.keyRing, { deviceId, identityKey: identityKeyPair.publicKey }, expiresAt);
    const verdict = OwnSenderCertificate.verify(bytes, { identity, trust: this.trust, now });
    if (verdict.outcome === 'refused') throw new Error(`The certificate was refused: ${verdict.reason}.`);
    return verdict.certificate;
  }
}

/** What tests say to each other: the binding and a text, as JSON. */
export interface TestContent {
  readonly binding: ContentBinding;
  readonly text: string;
}

const encodeTestContent = (content: TestContent): Plaintext => Plaintext.of(Buffer.from(JSON.stringify(content)));

const decodeTestContent = (plaintext: Plaintext): TestContent | undefined => {
  try {
    return JSON.parse(Buffer.from(plaintext).toString());
  } catch {
    return undefined;
  }
};

/** Takes everybody for listed, except where a test says otherwise. */
export const gateWith = (standing: (content: TestContent) => DeviceStanding): ContentGate<TestContent> => ({
  decode: (plaintext) => {
    const content = decodeTestContent(plaintext);
    return content && { binding: content.binding, content };
  },
  standing: ({ content }) => standing(content),
});

export const openGate = gateWith(() => 'active');

/** A device with its account, its state and its messenger. */
export class TestParty {
  readonly server: TestServer;
  readonly accountId: AccountId;
  readonly identity: LocalIdentity;
  state: MemoryState;
  messenger: DeviceMessenger;
  #lastPreKeyId = 0;

  constructor(server: TestServer) {
    this.server = server;
    this.accountId = randomAccountId();
    this.identity = generateDeviceKeys(systemRandom);
    this.state = new MemoryState(this.identity);
    this.messenger = this.#startMessenger();
  }

  get deviceId(): DeviceId {
    return this.identity.deviceId;
  }

  /** Loses everything that was not committed. */
  restart(): void {
    this.state = this.state.restarted();
    this.messenger = this.#startMessenger();
  }

  /** New prekeys, stored here, as the bundle that a server would hand out. */
  publish({ oneTime = true }: { oneTime?: boolean } = {}): UntrustedPreKeyBundle {
    this.#lastPreKeyId += 1;
    const id = preKeyId(this.#lastPreKeyId);
    const signer = { identityKey: this.identity.identityKeyPair.privateKey, now: this.server.clock.now() };
    const signed = generateSignedPreKey(id, signer);
    const kyber = generateKyberPreKey(id, signer);
    const preKey = generatePreKey(id);
    this.state.addSignedPreKey(id, signed);
    this.state.addKyberPreKey(id, { record: kyber, use: oneTime ? 'oneTime' : 'lastResort' });
    if (oneTime) this.state.addPreKey(id, preKey);
    return {
      registrationId: this.identity.registrationId,
      identityKey: this.identity.identityKeyPair.publicKey,
      signedPreKey: publicSignedPreKey(signed),
      kyberPreKey: publicKyberPreKey(kyber),
      oneTimePreKey: oneTime ? publicPreKey(preKey) : undefined,
    };
  }

  /** A verified bundle of new prekeys. */
  bundle(options?: { oneTime?: boolean }): PreKeyBundle {
    const verdict = PreKeyBundle.verify(this.deviceId, this.publish(options));
    if (verdict.outcome === 'refused') throw new Error(`The bundle was refused: ${verdict.reason}.`);
    return verdict.bundle;
  }

  copyFor(recipient: TestParty, text: string, binding: Partial<ContentBinding> = {}): MessageCopy {
    const honest = {
      senderAccount: this.accountId,
      senderDevice: this.deviceId,
      recipientAccount: recipient.accountId,
      recipientDevice: recipient.deviceId,
    };
    const plaintext = encodeTestContent({ binding: { ...honest, ...binding }, text });
    return { deviceId: recipient.deviceId, plaintext };
  }

  /** A message with one copy. */
  messageFor(recipient: TestParty, text: string, binding?: Partial<ContentBinding>): OutgoingMessage {
    return { copies: [this.copyFor(recipient, text, binding)], contentHint: 'resendable' };
  }

  /** Seals one message, with new prekeys of the recipient where there is no session. */
  async seal(recipient: TestParty, text: string, binding?: Partial<ContentBinding>): Promise<SealedEnvelope> {
    const message = this.messageFor(recipient, text, binding);
    const copy = await this.#sealOnce(message, []);
    return this.#envelope(copy ?? present(await this.#sealOnce(message, [recipient.bundle()])));
  }

  /** Seals one message in a new session begun with `bundle`. */
  async sealWith(bundle: PreKeyBundle, message: OutgoingMessage): Promise<SealedEnvelope> {
    return this.#envelope(present(await this.#sealOnce(message, [bundle])));
  }

  /** Opens envelopes; the texts of what was opened become rows of the state. */
  receive<Envelope extends SealedEnvelope>(
    envelopes: readonly Envelope[],
    gate: ContentGate<TestContent> = openGate,
  ): Promise<readonly Received<Envelope, TestContent>[]> {
    return this.messenger.receive(envelopes, {
      trust: this.server.trust,
      gate,
      commit: (received) => {
        for (const { result } of received) {
          if (result.outcome === 'opened') this.addRow(`received ${result.content.text}`);
        }
      },
    });
  }

  /** Opens one envelope. */
  async open(envelope: SealedEnvelope, gate?: ContentGate<TestContent>) {
    const [received] = await this.receive([envelope], gate);
    return present(received).result;
  }

  /** Counts up the row of this name, so that a second time shows. */
  addRow(name: string): void {
    this.state.rows.set(name, String(Number(this.state.rows.get(name) ?? 0) + 1));
  }

  #startMessenger(): DeviceMessenger {
    return new DeviceMessenger({ accountId: this.accountId, state: this.state, clock: this.server.clock });
  }

  async #sealOnce(message: OutgoingMessage, bundles: readonly PreKeyBundle[]): Promise<SealedCopy | undefined> {
    const certificate = this.server.certificateFor(this.identity);
    const [sent] = await this.messenger.send([message], { certificate, bundles, commit: () => undefined });
    const { result } = present(sent);
    return result.outcome === 'sealed' ? present(result.copies[0]) : undefined;
  }

  #envelope({ ciphertext }: SealedCopy): SealedEnvelope {
    return { ciphertext, serverTime: this.server.clock.now() };
  }
}
