import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { LocalParty } from '../backend/libsignal-party.js';
import { encryptAndSeal, type ContentHint } from '../backend/libsignal-sealed-sender.js';
import { establishSession } from '../backend/libsignal-session.js';
import type { Plaintext, RegistrationId, SealedBytes } from '../keys.js';
import type { PreKeyBundle } from '../prekey/prekey-bundle.js';
import type { PartResult, RatchetUnit } from '../session/unit-of-work.js';
import type { OwnSenderCertificate } from './sender-certificate.js';

/** A message's plaintext for one device. They differ, since each names its recipient. */
export interface MessageCopy {
  readonly deviceId: DeviceId;
  readonly plaintext: Plaintext;
}

/** One message to every device that is to have it. */
export interface OutgoingMessage {
  readonly copies: readonly MessageCopy[];
  readonly contentHint: ContentHint;
}

/** A copy on its way into the mailbox of its device. */
export interface SealedCopy {
  readonly deviceId: DeviceId;
  /** As the session knows it: the server compares, and so notices that the device began anew. */
  readonly registrationId: RegistrationId;
  readonly ciphertext: SealedBytes;
}

/** Only `sealed` has changed any state. */
export type SealResult =
  | {
      readonly outcome: 'sealed';
      readonly copies: readonly SealedCopy[];
      /** From then on recipients refuse them: encrypt anew what the server has not taken. */
      readonly expiresAt: UnixMs;
    }
  /** No usable session, and no usable bundle was handed in: claim and verify bundles of these devices. */
  | { readonly outcome: 'sessionsMissing'; readonly deviceIds: readonly DeviceId[] }
  /** Fetch another sender certificate. */
  | { readonly outcome: 'certificateExpired' };

export interface SealTools {
  readonly party: LocalParty;
  readonly certificate: OwnSenderCertificate;
  /** Used where there is no usable session, else left alone. */
  readonly bundles: readonly PreKeyBundle[];
  readonly now: UnixMs;
}

/** The registration id of a device to which a session can send now, begun from a bundle where there was none. */
const openSession = async (
  part: RatchetUnit,
  deviceId: DeviceId,
  { party, bundles, now }: SealTools,
): Promise<RegistrationId | undefined> => {
  const usable = () => part.loadSession(deviceId)?.usableRegistrationId(now);
  const registrationId = usable();
  if (registrationId !== undefined) return registrationId;
  const bundle = bundles.find((candidate) => candidate.deviceId === deviceId);
  if (bundle === undefined) return undefined;
  const established = await establishSession(party, part, bundle, now);
  return established.outcome === 'failed' ? undefined : usable();
};

const sealCopies = async (
  part: RatchetUnit,
  { copies, contentHint }: OutgoingMessage,
  tools: SealTools,
): Promise<PartResult<SealResult>> => {
  const sealed: SealedCopy[] = [];
  const missing: DeviceId[] = [];
  for (const { deviceId, plaintext } of copies) {
    const registrationId = await openSession(part, deviceId, tools);
    if (registrationId === undefined) {
      missing.push(deviceId);
      continue;
    }
    const input = { recipient: deviceId, plaintext, certificate: tools.certificate.bytes, contentHint, now: tools.now };
    const result = await encryptAndSeal(tools.party, part, input);
    if (result.outcome === 'failed') {
      throw new Error(`A usable session did not encrypt: ${result.failure}.`, { cause: result.cause });
    }
    sealed.push({ deviceId, registrationId, ciphertext: result.value });
  }
  return missing.length > 0
    ? { keep: false, value: { outcome: 'sessionsMissing', deviceIds: missing } }
    : { keep: true, value: { outcome: 'sealed', copies: sealed, expiresAt: tools.certificate.expiresAt } };
};

/** Encrypts and seals every copy of a message in a part of `unit`, or none (SPEC §5.3). */
export const sealMessage = async (
  unit: RatchetUnit,
  message: OutgoingMessage,
  tools: SealTools,
): Promise<SealResult> => {
  if (tools.certificate.expiresAt <= tools.now) return { outcome: 'certificateExpired' };
  return unit.inPart((part) => sealCopies(part, message, tools));
};
