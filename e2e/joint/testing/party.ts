import { randomUUID } from 'node:crypto';
import {
  DeviceMessenger,
  generateDeviceKeys,
  generateKyberPreKey,
  generatePreKey,
  generateSignedPreKey,
  OwnSenderCertificate,
  Plaintext,
  PreKeyBundle,
  preKeyIdsAfter,
  publicKyberPreKey,
  publicPreKey,
  publicSignedPreKey,
  systemRandom,
  type ContentBinding,
  type ContentGate,
  type LocalIdentity,
  type OutgoingMessage,
  type PreKeyId,
  type SenderTrust,
} from '@sotto/crypto';
import { createServerKeys, issueSenderCertificate } from '@sotto/crypto/server';
import { parseAccountId, parseUnixMs, type AccountId, type DeviceId, type UnixMs } from '@sotto/protocol/ids';
import { SqlcipherState } from './sqlcipher-state.js';

export const present = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('A value was expected.');
  return value;
};

const CERTIFICATE_LIFETIME_MS = 24 * 3_600_000;
const SYSTEM_CLOCK = { now: (): UnixMs => present(parseUnixMs(Date.now())) };

/** A server as far as sealed sender needs one. */
export class CertificateServer {
  readonly #keyRing = createServerKeys(systemRandom);

  get trust(): SenderTrust {
    return { trustRoot: this.#keyRing.trustRoot, serverCertificates: [this.#keyRing.keys.certificate] };
  }

  issue(identity: LocalIdentity): OwnSenderCertificate {
    const { deviceId, identityKeyPair } = identity;
    const now = SYSTEM_CLOCK.now();
    const expiresAt = present(parseUnixMs(now + CERTIFICATE_LIFETIME_MS));
    const device = { deviceId, identityKey: identityKeyPair.publicKey };
    const bytes = issueSenderCertificate(this.#keyRing, device, expiresAt);
    const verdict = OwnSenderCertificate.verify(bytes, { identity, trust: this.trust, now });
    if (verdict.outcome === 'refused') throw new Error(verdict.reason);
    return verdict.certificate;
  }
}

/** What the parties of these tests say: the binding and a text. */
export interface TextContent {
  readonly binding: ContentBinding;
  readonly text: string;
}

export interface Address {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
}

/** Takes every sender for listed; `onDecoded` is told of each content that was decrypted. */
export const textGate = (onDecoded: () => void = () => undefined): ContentGate<TextContent> => ({
  decode: (plaintext) => {
    onDecoded();
    const content: TextContent = JSON.parse(Buffer.from(plaintext).toString());
    return { binding: content.binding, content };
  },
  standing: () => 'active',
});

export const textMessage = (from: Address, to: Address, text: string): OutgoingMessage => {
  const binding: ContentBinding = {
    senderAccount: from.accountId,
    senderDevice: from.deviceId,
    recipientAccount: to.accountId,
    recipientDevice: to.deviceId,
  };
  const plaintext = Plaintext.of(Buffer.from(JSON.stringify({ binding, text })));
  return { copies: [{ deviceId: to.deviceId, plaintext }], contentHint: 'resendable' };
};

export const newMessenger = (state: SqlcipherState, accountId: AccountId): DeviceMessenger =>
  new DeviceMessenger({ accountId, state, clock: SYSTEM_CLOCK });

export const newAccountId = (): AccountId => present(parseAccountId(randomUUID()));

/** A new device in a database at `path` (`:memory:` too). */
export const createState = (path: string): SqlcipherState =>
  SqlcipherState.create(path, generateDeviceKeys(systemRandom));

/** New prekeys of a device, stored in its state, as verified bundles: each with one-time keys, the last without. */
export const publish = (state: SqlcipherState, count: number): readonly PreKeyBundle[] => {
  const { deviceId, registrationId, identityKeyPair } = state.localIdentity();
  const signer = { identityKey: identityKeyPair.privateKey, now: SYSTEM_CLOCK.now() };
  const ids = preKeyIdsAfter(undefined, count);
  const lastResort = ids.at(-1);
  const bundleFor = (id: PreKeyId): PreKeyBundle => {
    const isOneTime = id !== lastResort;
    const signed = generateSignedPreKey(id, signer);
    const kyber = generateKyberPreKey(id, signer);
    const preKey = generatePreKey(id);
    state.run('INSERT INTO signed_pre_key VALUES (?, ?)', [id, signed.unwrap()]);
    state.run('INSERT INTO kyber_pre_key VALUES (?, ?, ?)', [id, kyber.unwrap(), isOneTime ? 0 : 1]);
    if (isOneTime) state.run('INSERT INTO pre_key VALUES (?, ?)', [id, preKey.unwrap()]);
    const verdict = PreKeyBundle.verify(deviceId, {
      registrationId,
      identityKey: identityKeyPair.publicKey,
      signedPreKey: publicSignedPreKey(signed),
      kyberPreKey: publicKyberPreKey(kyber),
      oneTimePreKey: isOneTime ? publicPreKey(preKey) : undefined,
    });
    if (verdict.outcome === 'refused') throw new Error(verdict.reason);
    return verdict.bundle;
  };
  return ids.map(bundleFor);
};
