import { describe, expect, it } from '@jest/globals';
import { CanonicalWriter } from '../bytes.js';
import { xEdDsaSign } from '../backend/signing.js';
import { ServerCertificateBytes, ServerKeysBytes } from '../keys.js';
import { LABELS } from '../labels.js';
import { acceptedCorruptions } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { createServerKeys } from './key-ring.js';
import { parseServerKeys, signServerKeys, verifyServerKeys, type ServerKeysRefusal } from './server-keys.js';

const ring = createServerKeys(seededRandomForTesting('server'));
const other = createServerKeys(seededRandomForTesting('other server'));
const rootKey = ring.trustRootPrivateKey!;

const reasonOf = (bytes: Uint8Array, signature: Uint8Array): ServerKeysRefusal | 'valid' => {
  const verdict = verifyServerKeys(ring.trustRoot, { bytes, signature });
  return verdict.outcome === 'valid' ? 'valid' : verdict.reason;
};
const start = () =>
  new CanonicalWriter(LABELS.serverKeys).u32(1).variable(ring.keys.certificate).fixed(ring.keys.receiptKey);

describe('server keys', () => {
  it('are read as they were written', () => {
    expect(parseServerKeys(ring.signed.bytes)).toEqual(ring.keys);
    expect(signServerKeys(ring.keys, rootKey).bytes).toEqual(ring.signed.bytes);
  });

  it('verify under the trust root that signed them', () => {
    expect(verifyServerKeys(ring.trustRoot, ring.signed)).toEqual({
      outcome: 'valid',
      keys: ring.keys,
      signed: ring.signed,
    });
  });

  it('are still read when a later server adds credential keys', () => {
    const bytes = ServerKeysBytes.of(start().variable(new Uint8Array(200)).finish());
    expect(parseServerKeys(bytes)).toEqual(ring.keys);
    expect(reasonOf(bytes, xEdDsaSign(rootKey, bytes))).toBe('valid');
  });
});

describe('verifyServerKeys refuses', () => {
  it('every flipped bit and every cut of document and signature', () => {
    const { bytes, signature } = ring.signed;
    expect(acceptedCorruptions(bytes, (changed) => reasonOf(changed, signature) === 'valid')).toEqual([]);
    expect(acceptedCorruptions(signature, (changed) => reasonOf(bytes, changed) === 'valid')).toEqual([]);
  });

  it('keys that another root signed', () => {
    expect(reasonOf(other.signed.bytes, other.signed.signature)).toBe('badSignature');
  });

  it('a certificate of another root inside a document of this one', () => {
    const { bytes, signature } = signServerKeys({ ...ring.keys, certificate: other.keys.certificate }, rootKey);
    expect(reasonOf(bytes, signature)).toBe('badCertificate');
  });

  it('bytes that are no certificate inside a document of this root', () => {
    const certificate = ServerCertificateBytes.of(Uint8Array.of(1, 2, 3));
    const { bytes, signature } = signServerKeys({ ...ring.keys, certificate }, rootKey);
    expect(reasonOf(bytes, signature)).toBe('badCertificate');
  });

  it.each<[string, Uint8Array]>([
    ['a document without the credential-key field', start().finish()],
    ['a document with bytes left over', start().variable(new Uint8Array(0)).u8(0).finish()],
    [
      'a document with an empty certificate',
      new CanonicalWriter(LABELS.serverKeys)
        .u32(1)
        .variable(new Uint8Array(0))
        .fixed(ring.keys.receiptKey)
        .variable(new Uint8Array(0))
        .finish(),
    ],
    ['another label', new CanonicalWriter(LABELS.listReceipt).finish()],
  ])('%s, though the root signed it', (_, bytes) => {
    const document = ServerKeysBytes.of(bytes);
    expect(reasonOf(document, xEdDsaSign(rootKey, document))).toBe('malformed');
  });

  it('an empty document', () => {
    expect(reasonOf(new Uint8Array(0), ring.signed.signature)).toBe('malformed');
  });
});
