import { mlKem768Decapsulate, mlKem768Encapsulate } from '../backend/noble.js';
import { x25519PublicKey } from '../backend/libsodium.js';
import { concatenate, readFields, type CanonicalReader } from '../bytes.js';
import {
  LinkEphemeralPublicKey,
  LinkKemCiphertext,
  LinkMessage,
  type Bytes,
  type LinkEphemeralPrivateKey,
  type LinkKemPublicKey,
  type LinkKemRandomness,
  type LinkKemSeed,
  type LinkTranscript,
} from '../keys.js';
import { wipe } from '../secret.js';
import {
  deriveChannelKeys,
  deriveFirstKeys,
  openBox,
  sealBox,
  transcriptOfKem,
  type ChannelKeys,
  type FirstKeys,
} from './key-schedule.js';
import type { LinkCode } from './link-code.js';

/** Why a message of the other end ended the link. To the person all but `suiteMismatch` and `foreignKeys` look alike. */
export type HandshakeRefusal =
  /** Not of the form that the message must have, a point of small order included. */
  | 'malformed'
  /** Does not open: changed on the way, or made without the code or for another link. */
  | 'notAuthentic'
  /** The other end does not know the suite of the code. */
  | 'suiteMismatch'
  /** A KEM key that no honest end could have made. */
  | 'badKemKey'
  /** The other end does not hold the keys that it introduced. */
  | 'badProof'
  /** Other keys than the code promised. */
  | 'foreignKeys';

/** A refusal ends the link: neither end tries again with the same code. */
export interface HandshakeRefused {
  readonly outcome: 'refused';
  readonly reason: HandshakeRefusal;
}

/** The verdict of a refusal. */
export const refuseLink = (reason: HandshakeRefusal): HandshakeRefused => ({ outcome: 'refused', reason });

const EPHEMERAL_LENGTH = 32;
const KEM_CIPHERTEXT_LENGTH = 1_088;

/** The public half of an ephemeral key. */
export const linkEphemeralPublicKeyOf = (key: LinkEphemeralPrivateKey): LinkEphemeralPublicKey =>
  LinkEphemeralPublicKey.of(x25519PublicKey(key.unwrap()));

/** The first message as both ends go on from it. */
export interface FirstMessage {
  readonly first: FirstKeys;
  readonly box: Bytes;
}

/** What the scanning end says first: `M1 = e 32 ‖ box1`. The keys of this box have no other use. */
export const sealFirstMessage = (code: LinkCode, own: LinkEphemeralPrivateKey, plaintext: Bytes): LinkMessage => {
  const claimed = linkEphemeralPublicKeyOf(own);
  const { boxKey, associatedData, keyMaterial } = deriveFirstKeys(code, own, {
    key: code.token.ephemeralKey,
    claimed,
  });
  wipe(keyMaterial);
  const message = LinkMessage.of(concatenate(claimed, sealBox(boxKey, 0, { plaintext, associatedData })));
  boxKey.purge();
  return message;
};

/** The own first message, taken up again when the answer has come. */
export const resumeFirstMessage = (
  code: LinkCode,
  own: LinkEphemeralPrivateKey,
  message: LinkMessage,
): FirstMessage => ({
  first: deriveFirstKeys(code, own, { key: code.token.ephemeralKey, claimed: linkEphemeralPublicKeyOf(own) }),
  box: message.slice(EPHEMERAL_LENGTH),
});

/** Opens the first message at the end that displays the code. */
export const openFirstMessage = <Content>(
  code: LinkCode,
  own: LinkEphemeralPrivateKey,
  { message, read }: { readonly message: Uint8Array; readonly read: (reader: CanonicalReader) => Content },
): ({ readonly outcome: 'opened'; readonly content: Content } & FirstMessage) | HandshakeRefused => {
  const bytes = LinkMessage.parse(message);
  const claimed = LinkEphemeralPublicKey.parse(message.subarray(0, EPHEMERAL_LENGTH));
  if (bytes === undefined || claimed === undefined) return refuseLink('malformed');
  const box = bytes.slice(EPHEMERAL_LENGTH);
  const first = deriveFirstKeys(code, own, { key: claimed, claimed });
  const plaintext = openBox(first.boxKey, 0, { box, associatedData: first.associatedData });
  if (plaintext === undefined) return refuseLink('notAuthentic');
  const content = readFields(plaintext, read);
  return content === undefined ? refuseLink('malformed') : { outcome: 'opened', content, first, box };
};

/** The keys of the channel, and the transcript up to `TH2`. */
export interface Channel {
  readonly keys: ChannelKeys;
  readonly transcript: LinkTranscript;
}

/** Encapsulates to the KEM key of the scanning end; `undefined` for a key that is none. */
export const encapsulateChannel = (
  { first, box }: FirstMessage,
  peer: LinkKemPublicKey,
  randomness: LinkKemRandomness,
): (Channel & { readonly kemCiphertext: LinkKemCiphertext }) | undefined => {
  const encapsulated = mlKem768Encapsulate(peer, randomness.unwrap());
  if (encapsulated === undefined) return undefined;
  const kemCiphertext = LinkKemCiphertext.of(encapsulated.ciphertext);
  const transcript = transcriptOfKem(first, box, kemCiphertext);
  return { keys: deriveChannelKeys(first, encapsulated.sharedSecret, transcript), transcript, kemCiphertext };
};

/** Reads `M2 = KEM ciphertext 1,088 ‖ box2` at the scanning end. Whether the box opens is still to be seen. */
export const decapsulateChannel = (
  resumed: FirstMessage,
  seed: LinkKemSeed,
  message: Uint8Array,
): (Channel & { readonly box: Bytes }) | undefined => {
  const bytes = LinkMessage.parse(message);
  const kemCiphertext = LinkKemCiphertext.parse(message.subarray(0, KEM_CIPHERTEXT_LENGTH));
  if (bytes === undefined || kemCiphertext === undefined) return undefined;
  const transcript = transcriptOfKem(resumed.first, resumed.box, kemCiphertext);
  const keys = deriveChannelKeys(resumed.first, mlKem768Decapsulate(seed.unwrap(), kemCiphertext), transcript);
  return { keys, transcript, box: bytes.slice(KEM_CIPHERTEXT_LENGTH) };
};
