/** The primitives of SPEC §1.1 and §10 as libraries give them, with the refusals that the text asks for on top. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { PrivateKey, PublicKey } from '@signalapp/libsignal-client';
import { ascii, concat, demand, fromHex, Refused, same, toHex, u32, u64, type Bytes } from './bytes.js';

const TAG_LENGTH = 16;
const CURVE_KEY_TYPE = 0x05;
const FIELD_PRIME = 2n ** 255n - 19n;
/** The DER in front of the 32 bytes of a key (RFC 8410). */
const DER = {
  x25519: { private: '302e020100300506032b656e04220420', public: '302a300506032b656e032100' },
  ed25519: { private: '302e020100300506032b657004220420', public: '302a300506032b6570032100' },
};
/** The y-coordinates of Ed25519's points of small order, little-endian. */
const SMALL_ORDER = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

type Curve = keyof typeof DER;
const privateKey = (curve: Curve, bytes: Bytes): KeyObject =>
  createPrivateKey({ key: Buffer.concat([fromHex(DER[curve].private), bytes]), format: 'der', type: 'pkcs8' });
const publicKey = (curve: Curve, bytes: Bytes): KeyObject =>
  createPublicKey({ key: Buffer.concat([fromHex(DER[curve].public), bytes]), format: 'der', type: 'spki' });
const publicHalf = (curve: Curve, bytes: Bytes): Bytes =>
  new Uint8Array(createPublicKey(privateKey(curve, bytes)).export({ format: 'der', type: 'spki' }).subarray(-32));
const littleEndian = (bytes: Bytes): bigint => BigInt(`0x${toHex(bytes.toReversed())}`);

export const random = (length: number): Bytes => new Uint8Array(randomBytes(length));
export const hash = (...parts: readonly Uint8Array[]): Bytes =>
  new Uint8Array(
    createHash('sha256')
      .update(concat(...parts))
      .digest(),
  );
export const hmac = (key: Bytes, ...parts: readonly Uint8Array[]): Bytes =>
  new Uint8Array(
    createHmac('sha256', key)
      .update(concat(...parts))
      .digest(),
  );
export const hkdf = (secret: Bytes, salt: Bytes, label: string, length: number): Bytes =>
  new Uint8Array(hkdfSync('sha256', secret, salt, ascii(label), length));
export const equalSecrets = (left: Bytes, right: Bytes): boolean =>
  left.length === right.length && timingSafeEqual(left, right);

export const x25519Public = (secret: Bytes): Bytes => publicHalf('x25519', secret);
/** §10: a coordinate that is not below the prime, or of a point of small order, is refused. */
export const x25519 = (secret: Bytes, peer: Bytes): Bytes => {
  demand(peer.length === 32 && littleEndian(peer) < FIELD_PRIME, 'not an X25519 key');
  let shared: Bytes;
  try {
    shared = new Uint8Array(
      diffieHellman({ privateKey: privateKey('x25519', secret), publicKey: publicKey('x25519', peer) }),
    );
  } catch (error) {
    // OpenSSL derives nothing from what gives zero: a point of small order.
    throw new Refused('X25519 key of small order', { cause: error });
  }
  demand(!same(shared, new Uint8Array(32)), 'X25519 key of small order');
  return shared;
};
/** Every scalar of X25519 is a multiple of eight, so any of them tells a point of small order. */
export const demandX25519Key = (key: Bytes): void => {
  x25519(new Uint8Array(32).fill(1), key);
};

export const ed25519Public = (secret: Bytes): Bytes => publicHalf('ed25519', secret);
export const ed25519Sign = (secret: Bytes, ...parts: readonly Uint8Array[]): Bytes =>
  new Uint8Array(sign(null, concat(...parts), privateKey('ed25519', secret)));
/** §1.1: OpenSSL refuses second encodings of scalars and of the signature's point; those of the key are refused here. */
export const ed25519Verify = (key: Bytes, signature: Bytes, ...parts: readonly Uint8Array[]): boolean => {
  if (key.length !== 32 || signature.length !== 64) return false;
  const y = key.slice();
  y[31] = (y[31] ?? 0) & 0x7f;
  if (littleEndian(y) >= FIELD_PRIME || SMALL_ORDER.has(toHex(y))) return false;
  return verify(null, concat(...parts), publicKey('ed25519', key), signature);
};

export const curveKeyOf = (secret: Bytes): Bytes => PrivateKey.deserialize(secret).getPublicKey().serialize();
/** §1.1: a curve key has one encoding and is of no small order. */
export const demandCurveKey = (key: Bytes): void => {
  demand(key.length === 33 && key[0] === CURVE_KEY_TYPE, 'not a curve key');
  demandX25519Key(key.slice(1));
};
export const xeddsaSign = (secret: Bytes, ...parts: readonly Uint8Array[]): Bytes =>
  PrivateKey.deserialize(secret).sign(concat(...parts));
export const xeddsaVerify = (key: Bytes, signature: Bytes, ...parts: readonly Uint8Array[]): boolean =>
  signature.length === 64 && PublicKey.deserialize(key).verify(concat(...parts), signature);

const nonce = (counter: number): Bytes => concat(u32(0), u64(counter));
/** Box(k, c, a, p) of §10. */
export const seal = (key: Bytes, counter: number, associated: Bytes, plaintext: Bytes): Bytes => {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce(counter), { authTagLength: TAG_LENGTH });
  cipher.setAAD(associated, { plaintextLength: plaintext.length });
  return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
};
export const open = (key: Bytes, counter: number, associated: Bytes, box: Bytes): Bytes => {
  demand(box.length >= TAG_LENGTH, 'a box without a tag');
  const ciphertext = box.slice(0, -TAG_LENGTH);
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce(counter), { authTagLength: TAG_LENGTH });
  decipher.setAAD(associated, { plaintextLength: ciphertext.length });
  decipher.setAuthTag(box.slice(-TAG_LENGTH));
  try {
    return concat(decipher.update(ciphertext), decipher.final());
  } catch (error) {
    throw new Refused('a box that does not open', { cause: error });
  }
};

export const KEM_KEY_LENGTH = 1184;
export const KEM_CIPHERTEXT_LENGTH = 1088;
/** The seed is d ‖ z of FIPS 203. */
export const kemKey = (seed: Bytes): Bytes => new Uint8Array(ml_kem768.keygen(seed).publicKey);
export const kemEncapsulate = (key: Bytes, randomness: Bytes): { ciphertext: Bytes; secret: Bytes } => {
  try {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(key, randomness);
    return { ciphertext: new Uint8Array(cipherText), secret: new Uint8Array(sharedSecret) };
  } catch (error) {
    throw new Refused('an ML-KEM key that fails the check', { cause: error });
  }
};
export const kemDecapsulate = (seed: Bytes, ciphertext: Bytes): Bytes =>
  new Uint8Array(ml_kem768.decapsulate(ciphertext, ml_kem768.keygen(seed).secretKey));
