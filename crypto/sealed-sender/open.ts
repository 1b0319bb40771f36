import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { LocalParty } from '../backend/libsignal-party.js';
import { unseal, type ContentHint } from '../backend/libsignal-sealed-sender.js';
import { decryptRatchetMessage, type RatchetMessage } from '../backend/libsignal-session.js';
import type { LibsignalFailure } from '../backend/libsignal-stores.js';
import type { SealedBytes } from '../keys.js';
import type { PartResult, RatchetUnit } from '../session/unit-of-work.js';
import { judgeContent, type ContentGate, type GateVerdict } from './content-gate.js';
import type { CertificateRefusal, SenderTrust, SenderVerifier } from './sender-certificate.js';

/** An envelope as it comes out of the mailbox. */
export interface SealedEnvelope {
  readonly ciphertext: SealedBytes;
  /** When the server took it. The sender's certificate is judged at this time: queued mail would die with it otherwise. */
  readonly serverTime: UnixMs;
}

/** The parts of a refusal that are not the certificate's or the content's. */
type EnvelopeRefusal =
  /** Not sealed to this device, or changed on the way. */
  | 'seal'
  /** Sealed by this device itself. */
  | 'ownDevice'
  /** A kind of ratchet message that this build does not read. */
  | 'unsupported';

type ContentRefusal = Extract<GateVerdict<never>, { outcome: 'refused' }>['reason'];

/**
 * What became of one envelope. Only `opened` has changed any state. The reasons are for the own log: to the sender and the
 * server all of them look alike.
 */
export type OpenResult<Content> =
  | { readonly outcome: 'opened'; readonly sender: DeviceId; readonly content: Content }
  /** Opened before. Message and ratchet were committed together, so it may be acknowledged. */
  | { readonly outcome: 'duplicate'; readonly sender: DeviceId }
  /** Opens, but the sender's list is not known (far enough): fetch it, then receive the same envelope again. */
  | { readonly outcome: 'waiting'; readonly sender: DeviceId; readonly account: AccountId }
  | {
      readonly outcome: 'undecryptable';
      /** Proven by certificate and seal, so that this session, and no other, can be reset. */
      readonly sender: DeviceId;
      readonly reason: Exclude<LibsignalFailure, 'duplicate'>;
      readonly contentHint: ContentHint;
    }
  | { readonly outcome: 'refused'; readonly reason: EnvelopeRefusal | CertificateRefusal | ContentRefusal };

export interface OpenContext<Content> {
  readonly party: LocalParty;
  readonly accountId: AccountId;
  readonly verifier: SenderVerifier;
  readonly trust: SenderTrust;
  readonly gate: ContentGate<Content>;
}

/** Opens one envelope in a part of `unit` (SPEC §5.4). The part is kept only where the outcome is `opened`. */
export const openEnvelope = async <Content>(
  unit: RatchetUnit,
  { ciphertext, serverTime }: SealedEnvelope,
  context: OpenContext<Content>,
): Promise<OpenResult<Content>> => {
  const unsealed = await unseal(context.party, unit, ciphertext);
  if (unsealed.outcome === 'failed') return { outcome: 'refused', reason: 'seal' };
  const { certificate, message, contentHint } = unsealed.value;
  const verdict = context.verifier.verify(certificate, context.trust, serverTime);
  if (verdict.outcome === 'refused') return verdict;
  const sender = verdict.deviceId;
  if (sender === context.party.deviceId) return { outcome: 'refused', reason: 'ownDevice' };
  if (message === undefined) return { outcome: 'refused', reason: 'unsupported' };
  return unit.inPart((part) => openMessage(part, { sender, message, contentHint }, context));
};

interface AuthenticMessage {
  readonly sender: DeviceId;
  readonly message: RatchetMessage;
  readonly contentHint: ContentHint;
}

const openMessage = async <Content>(
  part: RatchetUnit,
  { sender, message, contentHint }: AuthenticMessage,
  { party, accountId, gate }: OpenContext<Content>,
): Promise<PartResult<OpenResult<Content>>> => {
  const decrypted = await decryptRatchetMessage(party, part, sender, message);
  if (decrypted.outcome === 'failed') {
    const { failure } = decrypted;
    return failure === 'duplicate'
      ? { keep: false, value: { outcome: 'duplicate', sender } }
      : { keep: false, value: { outcome: 'undecryptable', sender, reason: failure, contentHint } };
  }
  const recipient = { accountId, deviceId: party.deviceId };
  const verdict = judgeContent(decrypted.value, { gate, sender, recipient });
  switch (verdict.outcome) {
    case 'accepted':
      return { keep: true, value: { outcome: 'opened', sender, content: verdict.content } };
    case 'unknownSender':
      return { keep: false, value: { outcome: 'waiting', sender, account: verdict.account } };
    case 'refused':
      return { keep: false, value: verdict };
  }
};
