import {
  DeviceMessenger,
  identityKeyPairOf,
  IdentityPrivateKey,
  OwnSenderCertificate,
  parseRegistrationId,
  Plaintext,
  PreKeyBundle,
  SenderCertificateBytes,
  TrustRootPublicKey,
  type SealedCopy,
} from '@sotto/crypto';
import { IdentityPublicKey, issueSenderCertificate } from '@sotto/crypto/server';
import { encodeContent, type Body, type Header } from '@sotto/protocol/content';
import type { UnixMs } from '@sotto/protocol/ids';
import type { DeliveredEnvelope, ClaimedPreKeys } from '@sotto/protocol/wire';
import { RatchetRepository } from '../storage/ratchet-repository.js';
import { newEnvelopeId, newMessageId } from './known-values.js';
import type { TestClient } from './test-client.js';

/**
 * A device that seals whatever it likes: its ratchet and certificate are real, what it says is not. Uses the client's own
 * ratchets, which must not be busy meanwhile.
 */
export class Forger {
  readonly #client: TestClient;

  constructor(client: TestClient) {
    this.#client = client;
  }

  /** The header that an honest device would write to `victim`. */
  header(victim: TestClient): Header {
    const own = this.#client.devices.find(this.#client.accountId);
    const theirs = victim.devices.find(victim.accountId);
    if (own === undefined || theirs === undefined) throw new Error('a list is not pinned');
    return {
      senderAccount: this.#client.accountId,
      senderDevice: this.#client.deviceId,
      recipientAccount: victim.accountId,
      recipientDevice: victim.deviceId,
      messageId: newMessageId(),
      sequence: 1,
      sentAt: this.#client.server.now(),
      senderListHead: own.head,
      recipientListHead: theirs.head,
      profileKey: undefined,
    };
  }

  /** Puts a content into the victim's mailbox: sealed for the victim's device, whatever it says. */
  async send(victim: TestClient, body: Body, header: Partial<Header> = {}): Promise<DeliveredEnvelope> {
    return this.sendBytes(victim, encodeContent({ header: { ...this.header(victim), ...header }, body }));
  }

  async sendBytes(victim: TestClient, plaintext: Uint8Array): Promise<DeliveredEnvelope> {
    const { ciphertext } = await this.seal(victim, plaintext);
    const envelope: DeliveredEnvelope = {
      envelopeId: newEnvelopeId(),
      kind: 'sealed',
      ciphertext: new Uint8Array(ciphertext),
      serverTime: this.#client.server.now(),
    };
    this.#client.server.plant(victim.deviceId, envelope);
    return envelope;
  }

  /** @param expiresAt - when the sender certificate inside runs out */
  async seal(
    victim: TestClient,
    plaintext: Uint8Array,
    expiresAt = (this.#client.server.now() + 86_400_000) as UnixMs,
  ): Promise<SealedCopy> {
    const { server } = this.#client;
    const sent = await this.#messenger().send(
      [{ copies: [{ deviceId: victim.deviceId, plaintext: Plaintext.of(plaintext) }], contentHint: 'resendable' }],
      { certificate: this.#certificate(expiresAt), bundles: [this.#claim(victim)], commit: () => undefined },
    );
    const result = sent[0]?.result;
    const copy = result?.outcome === 'sealed' ? result.copies[0] : undefined;
    if (copy === undefined) throw new Error(`not sealed on ${server.ring.keys.version}`);
    return copy;
  }

  #messenger(): DeviceMessenger {
    const { accountId, database, server } = this.#client;
    const state = new RatchetRepository({ database, identity: this.#identity(), onPreKeysUsed: () => undefined });
    return new DeviceMessenger({ accountId, state, clock: { now: () => server.now() } });
  }

  #identity() {
    const { deviceId, record } = this.#client;
    const registrationId = parseRegistrationId(record.registrationId);
    if (registrationId === undefined) throw new Error('bad test data');
    const identityKeyPair = identityKeyPairOf(IdentityPrivateKey.of(record.keys.identityKeyPair));
    return { deviceId, registrationId, identityKeyPair };
  }

  #certificate(expiresAt: UnixMs): OwnSenderCertificate {
    const { deviceId, server } = this.#client;
    const identity = this.#identity();
    const identityKey = IdentityPublicKey.of(identity.identityKeyPair.publicKey);
    const bytes = issueSenderCertificate(server.ring, { deviceId, identityKey }, expiresAt);
    const trust = {
      trustRoot: TrustRootPublicKey.of(server.ring.trustRoot),
      serverCertificates: [server.ring.keys.certificate],
    };
    const verdict = OwnSenderCertificate.verify(SenderCertificateBytes.of(bytes), {
      identity,
      trust,
      now: server.now(),
    });
    if (verdict.outcome !== 'verified') throw new Error(verdict.reason);
    return verdict.certificate;
  }

  #claim(victim: TestClient): PreKeyBundle {
    const body = { accountId: victim.accountId, deviceIds: [victim.deviceId] };
    const answer = this.#client.server.call('claimPreKeys', { body }, this.#client.deviceId);
    if (answer.outcome !== 'ok') throw new Error('no bundle');
    const { bundles } = answer.value as ReturnType<typeof ClaimedPreKeys.parse>;
    const [bundle] = bundles;
    const verdict = bundle && PreKeyBundle.verify(victim.deviceId, bundle);
    if (verdict?.outcome !== 'verified') throw new Error('bad bundle');
    return verdict.bundle;
  }
}
