import { CanonicalWriter, type CanonicalReader } from '../bytes.js';
import { identityKeyPairOf } from '../identity/device-keys.js';
import { deviceIdOf } from '../identity/device-id.js';
import {
  DeviceSigningKey,
  IdentityPrivateKey,
  LinkKey,
  LinkMessage,
  LinkSecret,
  LinkState,
  LinkTranscript,
  parseLinkDigits,
  parseRegistrationId,
  type LinkDigits,
} from '../keys.js';
import { wipe } from '../secret.js';
import { readKeys, readLabel, writeKeys, writeLabel, type NewDevice, type OwnDevice } from './introduction.js';
import type { LinkCode } from './link-code.js';
import {
  offerTokenOf,
  parseLinkToken,
  requestTokenOf,
  type LinkToken,
  type OfferToken,
  type RequestToken,
} from './link-token.js';

const RECORD_VERSION = 1;

/** Which state a record holds; the numbers are kept in databases. */
export const STATE_KINDS = {
  offer: 1,
  claimedOffer: 2,
  provenOffer: 3,
  matchedLink: 4,
  grantedLink: 5,
  scan: 6,
  answeredScan: 7,
  claim: 8,
  request: 9,
  answeredRequest: 10,
  awaitedGrant: 11,
  receivedGrant: 12,
} as const;

/** Writes the record of a state: version, kind, fields. */
export const writeState = (
  kind: keyof typeof STATE_KINDS,
  write: (writer: CanonicalWriter) => CanonicalWriter,
): LinkState => {
  const bytes = write(new CanonicalWriter().u8(RECORD_VERSION).u8(STATE_KINDS[kind])).finish();
  const state = LinkState.of(bytes);
  wipe(bytes);
  return state;
};

/** Reads version and kind. */
export const readStateKind = (reader: CanonicalReader): number =>
  reader.u8() === RECORD_VERSION ? reader.u8() : reader.refuse();

/** Token and secret. */
export const writeCode = (writer: CanonicalWriter, { token, secret }: LinkCode): CanonicalWriter =>
  writer.variable(token.bytes).fixed(secret.unwrap());

const readCodeOf = <Token extends LinkToken>(
  reader: CanonicalReader,
  tokenOf: (bytes: Uint8Array) => Token | undefined,
): LinkCode<Token> => ({
  token: reader.required(tokenOf(reader.variable())),
  secret: LinkSecret.of(reader.fixed(32)),
});

/** A code of either kind. */
export const readCode = (reader: CanonicalReader): LinkCode =>
  readCodeOf(reader, (bytes) => {
    const parse = parseLinkToken(bytes);
    return parse.outcome === 'parsed' ? parse.token : undefined;
  });

/** The code of an authorised device. */
export const readOfferCode = (reader: CanonicalReader): LinkCode<OfferToken> => readCodeOf(reader, offerTokenOf);

/** The code of a new device. */
export const readRequestCode = (reader: CanonicalReader): LinkCode<RequestToken> => readCodeOf(reader, requestTokenOf);

/** The own private keys of a new device, and its words. */
export const writeOwnDevice = (writer: CanonicalWriter, { keys, name, system }: OwnDevice): CanonicalWriter => {
  writer
    .u16(keys.registrationId)
    .fixed(keys.identityKeyPair.privateKey.unwrap())
    .fixed(keys.signingKey.unwrap())
    .fixed(keys.linkKey.unwrap());
  return writeLabel(writeLabel(writer, name), system);
};

/** The same, read. */
export const readOwnDevice = (reader: CanonicalReader): OwnDevice => {
  const registrationId = reader.required(parseRegistrationId(reader.u16()));
  const identityKeyPair = identityKeyPairOf(IdentityPrivateKey.of(reader.fixed(32)));
  const keys = {
    deviceId: deviceIdOf(identityKeyPair.publicKey),
    registrationId,
    identityKeyPair,
    signingKey: DeviceSigningKey.of(reader.fixed(32)),
    linkKey: LinkKey.of(reader.fixed(32)),
  };
  return { keys, name: readLabel(reader), system: readLabel(reader) };
};

/** The public keys of the other end and its words. */
export const writeNewDevice = (writer: CanonicalWriter, device: NewDevice): CanonicalWriter =>
  writeLabel(writeLabel(writeKeys(writer, device), device.name), device.system);

/** The same, read. */
export const readNewDevice = (reader: CanonicalReader): NewDevice => ({
  ...readKeys(reader),
  name: readLabel(reader),
  system: readLabel(reader),
});

/** Digits, as six characters. */
export const writeDigits = (writer: CanonicalWriter, digits: LinkDigits): CanonicalWriter =>
  writer.fixed(new TextEncoder().encode(digits));

/** The same, read. */
export const readDigits = (reader: CanonicalReader): LinkDigits =>
  reader.required(parseLinkDigits(String.fromCharCode(...reader.fixed(6))));

/** A message that was produced, to be sent again as it is. */
export const readMessage = (reader: CanonicalReader): LinkMessage =>
  reader.required(LinkMessage.parse(reader.variable()));

/** A transcript hash. */
export const readTranscript = (reader: CanonicalReader): LinkTranscript => LinkTranscript.of(reader.fixed(32));
