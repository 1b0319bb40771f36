import { describe, expect, it } from '@jest/globals';
import { CanonicalWriter, concatenate, u64Bytes } from '../bytes.js';
import { ed25519Sign } from '../backend/libsodium.js';
import { xEdDsaSign } from '../backend/signing.js';
import { CertificateBytes, Ed25519Signature, LinkSessionId } from '../keys.js';
import { LABELS } from '../labels.js';
import { acceptedCorruptions } from '../testing/corruption.js';
import { at, NOW, testAccount, testDevice } from '../testing/test-account.js';
import {
  certificateHash,
  parseCertificate,
  signCertificate,
  verifyCertificate,
  type CertificateRefusal,
  type DeviceCertificate,
  type SignedCertificate,
} from './certificate.js';

const { account } = testAccount('certificates');
const device = testDevice(account.accountId, 'second device');
const noLink = testDevice(account.accountId, 'third device', { canLink: false });
const stranger = testDevice(account.accountId, 'stranger');

const fieldsOf = (certificate: SignedCertificate): DeviceCertificate => {
  const parsed = parseCertificate(certificate.bytes);
  if (parsed === undefined) throw new Error('This certificate should parse.');
  return parsed;
};

/** The encoding of a certificate, whoever signs it. */
const reencode = (fields: DeviceCertificate): CertificateBytes =>
  signCertificate(fields, {
    signingKey: stranger.keys.signingKey,
    identityPrivateKey: stranger.keys.identityKeyPair.privateKey,
  }).bytes;

const signed = (bytes: Uint8Array, by = device.keys): SignedCertificate => {
  const certificate = CertificateBytes.of(bytes);
  return {
    bytes: certificate,
    dskSignature: Ed25519Signature.of(ed25519Sign(by.signingKey.unwrap(), certificate)),
    ikSignature: xEdDsaSign(by.identityKeyPair.privateKey, certificate),
  };
};

const reasonOf = (certificate: Parameters<typeof verifyCertificate>[0]): CertificateRefusal | 'valid' => {
  const verdict = verifyCertificate(certificate);
  return verdict.outcome === 'valid' ? 'valid' : verdict.reason;
};

describe('a certificate', () => {
  it.each([
    ['with a link key', device, 173],
    ['without a link key', noLink, 141],
  ])('%s is read as it was written', (_, { certificate, keys }, length) => {
    const fields = fieldsOf(certificate);
    expect(certificate.bytes).toHaveLength(length);
    expect(reencode(fields)).toEqual(certificate.bytes);
    expect(fields.deviceId).toBe(keys.deviceId);
    expect(fields.linkKey === undefined).toBe(keys === noLink.keys);
    expect(fields.linkSession).toHaveLength(16);
  });

  it('verifies, and is named by the hash of its bytes', () => {
    expect(verifyCertificate(device.certificate)).toEqual({
      outcome: 'valid',
      certificate: {
        ...fieldsOf(device.certificate),
        bytes: device.certificate.bytes,
        hash: certificateHash(device.certificate.bytes),
      },
    });
  });
});

describe('verifyCertificate refuses', () => {
  it('every flipped bit and every cut of the bytes', () => {
    expect(
      acceptedCorruptions(device.certificate.bytes, (bytes) => reasonOf({ ...device.certificate, bytes }) === 'valid'),
    ).toEqual([]);
  });

  it('every flipped bit and every cut of the signature by the signing key', () => {
    expect(
      acceptedCorruptions(
        device.certificate.dskSignature,
        (dskSignature) => reasonOf({ ...device.certificate, dskSignature }) === 'valid',
      ),
    ).toEqual([]);
  });

  it('every flipped bit and every cut of the signature by the identity key', () => {
    expect(
      acceptedCorruptions(
        device.certificate.ikSignature,
        (ikSignature) => reasonOf({ ...device.certificate, ikSignature }) === 'valid',
      ),
    ).toEqual([]);
  });

  it('a certificate signed by another signing key', () => {
    const { dskSignature } = signed(device.certificate.bytes, stranger.keys);
    expect(reasonOf({ ...device.certificate, dskSignature })).toBe('badDskSignature');
  });

  it('a certificate signed by another identity key: nobody certifies a key that he does not hold', () => {
    const { ikSignature } = signed(device.certificate.bytes, stranger.keys);
    expect(reasonOf({ ...device.certificate, ikSignature })).toBe('badIkSignature');
  });

  it('an identity key under the id of another device, though it signs for itself', () => {
    const fields = { ...fieldsOf(device.certificate), deviceId: stranger.keys.deviceId };
    const identityPrivateKey = device.keys.identityKeyPair.privateKey;
    expect(reasonOf(signCertificate(fields, { signingKey: device.keys.signingKey, identityPrivateKey }))).toBe(
      'deviceIdMismatch',
    );
  });

  it('the signatures of another certificate of the same device', () => {
    const later = signCertificate(
      { ...fieldsOf(device.certificate), issuedAt: at(NOW + 1) },
      { signingKey: device.keys.signingKey, identityPrivateKey: device.keys.identityKeyPair.privateKey },
    );
    expect(reasonOf(later)).toBe('valid');
    expect(reasonOf({ ...later, bytes: device.certificate.bytes })).toBe('badDskSignature');
  });

  const fields = fieldsOf(device.certificate);
  const start = () =>
    new CanonicalWriter(LABELS.deviceCertificate)
      .id(fields.accountId)
      .id(fields.deviceId)
      .fixed(fields.signingKey)
      .fixed(fields.identityKey);
  const end = concatenate(u64Bytes(NOW), new Uint8Array(16));
  const lowOrder = Uint8Array.of(5, ...new Uint8Array(32));

  it.each<[string, Uint8Array]>([
    ['empty bytes', new Uint8Array(0)],
    ['another label', new CanonicalWriter(LABELS.deviceList).finish()],
    ['a link-key mark that is neither 0 nor 1', start().u8(2).fixed(new Uint8Array(32)).fixed(end).finish()],
    ['a link key where the mark says none', start().u8(0).fixed(new Uint8Array(32)).fixed(end).finish()],
    ['no link key where the mark says one', start().u8(1).fixed(end).finish()],
    [
      'a time that no date can hold',
      start().u8(0).fixed(new Uint8Array(8).fill(0x0f)).fixed(new Uint8Array(16)).finish(),
    ],
    [
      'an identity key of small order',
      new CanonicalWriter(LABELS.deviceCertificate)
        .id(fields.accountId)
        .id(fields.deviceId)
        .fixed(fields.signingKey)
        .fixed(lowOrder)
        .u8(0)
        .fixed(end)
        .finish(),
    ],
  ])('%s, though properly signed', (_, bytes) => {
    const certificate = bytes.length === 0 ? { ...device.certificate, bytes } : signed(bytes);
    expect(reasonOf(certificate)).toBe('malformed');
  });
});

describe('a link session', () => {
  it('is absent where the field is zero, for the first device', () => {
    expect(fieldsOf(account.certificate).linkSession).toBeUndefined();
  });

  it('is covered by the signatures', () => {
    const other = LinkSessionId.of(new Uint8Array(16).fill(7));
    const bytes = reencode({ ...fieldsOf(device.certificate), linkSession: other });
    expect(reasonOf({ ...device.certificate, bytes })).toBe('badDskSignature');
  });
});
