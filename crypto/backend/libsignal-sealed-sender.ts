import * as libsignal from '@signalapp/libsignal-client';
import { parseDeviceId, parseUnixMs, type DeviceId, type UnixMs } from '@sotto/protocol/ids';
import {
  IdentityPublicKey,
  SealedBytes,
  SenderCertificateBytes,
  ServerCertificateBytes,
  type Plaintext,
} from '../keys.js';
import type { RatchetUnit } from '../session/unit-of-work.js';
import { addressOf, DEVICE_NUMBER, type LocalParty } from './libsignal-party.js';
import type { RatchetMessage } from './libsignal-session.js';
import { LibsignalStores, type LibsignalResult } from './libsignal-stores.js';
import type { PresentedCertificate } from './presented-certificate.js';

/** Whether a message that could not be opened is worth asking for again; the sender says so inside the seal. */
export type ContentHint = 'resendable' | 'implicit';

/** An envelope without its seal: who claims to have sent it, and the ratchet message. */
export interface UnsealedMessage {
  readonly certificate: PresentedCertificate;
  /** `undefined` for a kind of message that this build does not read. */
  readonly message: RatchetMessage | undefined;
  readonly contentHint: ContentHint;
}

const present = (bytes: SenderCertificateBytes, certificate: libsignal.SenderCertificate): PresentedCertificate => ({
  bytes,
  deviceId:
    certificate.senderDeviceId() === DEVICE_NUMBER && certificate.senderE164() === null
      ? parseDeviceId(certificate.senderUuid())
      : undefined,
  identityKey: IdentityPublicKey.parse(certificate.key().serialize()),
  expiresAt: parseUnixMs(certificate.expiration()),
  serverCertificate: ServerCertificateBytes.of(certificate.serverCertificate().serialize()),
  isSignedBy: (root, time) => certificate.validateWithTrustRoots([libsignal.PublicKey.deserialize(root)], time),
});

/** Reads a sender certificate; `undefined` where it is none. */
export const parseSenderCertificate = (bytes: SenderCertificateBytes): PresentedCertificate | undefined => {
  try {
    return present(bytes, libsignal.SenderCertificate.deserialize(bytes));
  } catch {
    // libsignal throws for what it cannot read: an error of its own, or a `RangeError` for a date that no double holds.
    return undefined;
  }
};

const KINDS: Readonly<Record<number, RatchetMessage['kind']>> = {
  [libsignal.CiphertextMessageType.PreKey]: 'preKey',
  [libsignal.CiphertextMessageType.Whisper]: 'ratchet',
};

const IMPLICIT: number = libsignal.ContentHint.Implicit;

const messageIn = (content: libsignal.UnidentifiedSenderMessageContent): RatchetMessage | undefined => {
  if (content.groupId() !== null) return undefined;
  const kind = KINDS[content.msgType()];
  return kind === undefined ? undefined : { kind, bytes: content.contents() };
};

/**
 * Sealed sender version 1, one recipient. libsignal looks at half of the byte only, and two envelopes that differ must not
 * both open.
 */
const SEALED_SENDER_V1 = 0x11;

/** Takes the seal off with the own identity key, which also proves that the holder of the certificate's key set it. */
export const unseal = async (
  party: LocalParty,
  unit: RatchetUnit,
  sealed: SealedBytes,
): Promise<LibsignalResult<UnsealedMessage>> => {
  if (sealed[0] !== SEALED_SENDER_V1) return { outcome: 'failed', failure: 'invalid' };
  return new LibsignalStores(party, unit).run(async (stores) => {
    const content = await libsignal.sealedSenderDecryptToUsmc(sealed, stores);
    const certificate = content.senderCertificate();
    const bytes = SenderCertificateBytes.of(certificate.serialize());
    return {
      certificate: party.read(bytes, () => present(bytes, certificate)),
      message: messageIn(content),
      contentHint: content.contentHint() === IMPLICIT ? 'implicit' : 'resendable',
    };
  });
};

export interface SealInput {
  readonly recipient: DeviceId;
  readonly plaintext: Plaintext;
  readonly certificate: SenderCertificateBytes;
  readonly contentHint: ContentHint;
  readonly now: UnixMs;
}

const HINTS: Readonly<Record<ContentHint, libsignal.ContentHint>> = {
  resendable: libsignal.ContentHint.Resendable,
  implicit: libsignal.ContentHint.Implicit,
};

/** Encrypts with the session's triple ratchet and seals the result to the recipient's identity key. */
export const encryptAndSeal = async (
  party: LocalParty,
  unit: RatchetUnit,
  { recipient, plaintext, certificate, contentHint, now }: SealInput,
): Promise<LibsignalResult<SealedBytes>> =>
  new LibsignalStores(party, unit).run(async (stores) => {
    const address = addressOf(recipient);
    const message = await libsignal.signalEncrypt(plaintext, address, party.address, stores, stores, new Date(now));
    const content = libsignal.UnidentifiedSenderMessageContent.new(
      message,
      libsignal.SenderCertificate.deserialize(certificate),
      HINTS[contentHint],
      null,
    );
    return SealedBytes.of(await libsignal.sealedSenderEncrypt(content, address, stores));
  });
