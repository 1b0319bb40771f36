import { mlKem768PublicKey } from '../../backend/noble.js';
import { concatenate } from '../../bytes.js';
import {
  LinkEphemeralPrivateKey,
  LinkKemSeed,
  parseLinkDigits,
  type Bytes,
  type LinkDigits,
  type LinkMessage,
  type LinkState,
} from '../../keys.js';
import { sampled } from '../../testing/scale.js';
import { seededRandomForTesting } from '../../testing/seeded-random.js';
import { sealFirstMessage } from '../handshake.js';
import { introductionOf, type NewDevice } from '../introduction.js';
import type { LinkOffer } from '../link-offer.js';
import { account, newDevice, scanned } from './test-link.js';

export const anna = account('anna');
export const own = newDevice('laptop');
export const thief = newDevice('thief');
export const device = introductionOf(own);
export const random = seededRandomForTesting('handshake tests');

export const flipped = (bytes: Uint8Array, index: number): Bytes =>
  new Uint8Array(bytes).with(index, (bytes[index] ?? 0) ^ 0x40);

/** One flipped bit at evenly spread places, and every kind of cut. */
export const spoiled = (message: Uint8Array): readonly (readonly [string, Bytes])[] => [
  ...sampled(message.length, 40).map((index) => [`byte ${index}`, flipped(message, index)] as const),
  ['nothing', new Uint8Array(0)],
  ['cut', new Uint8Array(message.subarray(0, -1))],
  ['a byte more', concatenate(message, Uint8Array.of(0))],
  ['beyond the slot', concatenate(message, new Uint8Array(16 * 1024))],
];
export const REFUSALS = ['malformed', 'notAuthentic'];

export const otherDigits = (digits: LinkDigits): LinkDigits =>
  parseLinkDigits(`${digits.startsWith('0') ? '1' : '0'}${digits.slice(1)}`)!;

/** The one-time keys of the end that reads a code, out of its record: they stand before its message. */
export const scannersKeys = (state: { readonly message: LinkMessage; export(): LinkState }) => {
  const record = state.export().unwrap();
  const end = record.length - 2 - state.message.length;
  return {
    ephemeral: LinkEphemeralPrivateKey.of(record.subarray(end - 96, end - 64)),
    kemSeed: LinkKemSeed.of(record.subarray(end - 64, end)),
  };
};

/** What an offer's `p1` is made of. */
export interface FirstFields {
  readonly device: NewDevice;
  readonly kemKey: Uint8Array;
  readonly name: Uint8Array;
  readonly system: Uint8Array;
  readonly suites: readonly number[];
}
export const utf8 = new TextEncoder();
export const KEM_SEED = LinkKemSeed.generate(random);
export const honestFirst: FirstFields = {
  device,
  kemKey: mlKem768PublicKey(KEM_SEED.unwrap()),
  name: utf8.encode('Laptop'),
  system: utf8.encode('Linux'),
  suites: [1],
};
export const variable = (bytes: Uint8Array) =>
  concatenate(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes);
export const firstPlaintext = (change: Partial<FirstFields>): Bytes => {
  const fields = { ...honestFirst, ...change };
  return concatenate(
    new Uint8Array(32),
    fields.device.identityKey,
    fields.device.signingKey,
    fields.device.linkKey,
    fields.kemKey,
    variable(fields.name),
    variable(fields.system),
    Uint8Array.of(fields.suites.length, ...fields.suites),
  );
};

/** A claimant that knows the code and says whatever it wants. */
export const rogueClaim = (offer: LinkOffer, plaintext: Bytes) => {
  const code = scanned(offer);
  const ephemeral = LinkEphemeralPrivateKey.generate(random);
  return { code, ephemeral, message: sealFirstMessage(code, ephemeral, plaintext) };
};
