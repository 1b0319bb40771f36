import { ed25519Sign } from '../../backend/libsodium.js';
import { xEdDsaSign } from '../../backend/signing.js';
import {
  parseCertificate,
  signCertificate,
  type DeviceCertificate,
  type SignedCertificate,
} from '../../identity/certificate.js';
import { CertificateBytes, Ed25519Signature } from '../../keys.js';
import { testAccount, testDevice } from '../../testing/test-account.js';
import { toHex } from './hex.js';

export interface CertificateVector {
  readonly name: string;
  readonly bytes: string;
  readonly dskSignature: string;
  readonly ikSignature: string;
  /** `valid`, or the reason of the refusal. */
  readonly expected: string;
  /** Of valid ones. */
  readonly fields?: Readonly<Record<string, string | number | null>>;
}

const vector = (
  name: string,
  expected: string,
  certificate: { readonly bytes: Uint8Array; readonly dskSignature: Uint8Array; readonly ikSignature: Uint8Array },
): CertificateVector => ({
  name,
  bytes: toHex(certificate.bytes),
  dskSignature: toHex(certificate.dskSignature),
  ikSignature: toHex(certificate.ikSignature),
  expected,
});

const fieldsOf = ({ bytes }: SignedCertificate): DeviceCertificate => {
  const parsed = parseCertificate(bytes);
  if (parsed === undefined) throw new Error('A certificate of the generator does not parse.');
  return parsed;
};

const valid = (name: string, certificate: SignedCertificate): CertificateVector => {
  const fields = fieldsOf(certificate);
  return {
    ...vector(name, 'valid', certificate),
    fields: {
      accountId: fields.accountId,
      deviceId: fields.deviceId,
      signingKey: toHex(fields.signingKey),
      identityKey: toHex(fields.identityKey),
      linkKey: fields.linkKey === undefined ? null : toHex(fields.linkKey),
      issuedAt: fields.issuedAt,
      linkSession: fields.linkSession === undefined ? null : toHex(fields.linkSession),
    },
  };
};

/** Certificates that verify, and one way each in which they must not. */
export const certificateVectors = (): readonly CertificateVector[] => {
  const { account } = testAccount('vectors: certificates');
  const device = testDevice(account.accountId, 'vectors: linked device');
  const noLink = testDevice(account.accountId, 'vectors: device that cannot link', { canLink: false });
  const stranger = testDevice(account.accountId, 'vectors: stranger');
  const { signingKey, identityKeyPair } = device.keys;
  const keys = { signingKey, identityPrivateKey: identityKeyPair.privateKey };
  const good = device.certificate;

  /** Properly signed bytes that are not a certificate. */
  const signed = (changed: Uint8Array) => {
    const bytes = CertificateBytes.of(changed);
    return {
      bytes,
      dskSignature: Ed25519Signature.of(ed25519Sign(signingKey.unwrap(), bytes)),
      ikSignature: xEdDsaSign(identityKeyPair.privateKey, bytes),
    };
  };
  const labelLength = 'sotto/device-cert/1'.length;
  const identityKeyAt = labelLength + 16 + 16 + 32;
  const linkMarkAt = identityKeyAt + 33;
  const lowOrder = Uint8Array.from(good.bytes).fill(0, identityKeyAt + 1, identityKeyAt + 33);

  return [
    valid('the first device of an account', account.certificate),
    valid('a device that was linked', good),
    valid('a device that can link no other', noLink.certificate),
    vector('last byte missing', 'malformed', signed(good.bytes.subarray(0, -1))),
    vector('a byte more', 'malformed', signed(Uint8Array.from([...good.bytes, 0]))),
    vector('label of another version', 'malformed', signed(good.bytes.with(labelLength - 1, 0x32))),
    vector('link-key mark is 2', 'malformed', signed(good.bytes.with(linkMarkAt, 2))),
    vector('identity key of small order', 'malformed', signed(lowOrder)),
    vector('identity key with another type byte', 'malformed', signed(good.bytes.with(identityKeyAt, 6))),
    vector('signature of 63 bytes', 'malformed', { ...good, dskSignature: good.dskSignature.subarray(0, 63) }),
    vector(
      "another device's id",
      'deviceIdMismatch',
      signCertificate({ ...fieldsOf(good), deviceId: stranger.keys.deviceId }, keys),
    ),
    vector("another device's signing-key signature", 'badDskSignature', {
      ...good,
      dskSignature: stranger.certificate.dskSignature,
    }),
    vector("another device's identity-key signature", 'badIkSignature', {
      ...good,
      ikSignature: stranger.certificate.ikSignature,
    }),
    vector('edited time of issue', 'badDskSignature', {
      ...good,
      bytes: good.bytes.with(good.bytes.length - 17, (good.bytes.at(-17) ?? 0) ^ 1),
    }),
  ];
};
