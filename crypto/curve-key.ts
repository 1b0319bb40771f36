/** The type byte with which libsignal marks a Curve25519 key. */
const CURVE25519_TYPE = 0x05;
const CURVE_KEY_LENGTH = 33;
/** The field of Curve25519 (RFC 7748 §4.1). */
const P = 2n ** 255n - 19n;
/**
 * The u-coordinates below P of points of order 1, 2, 4 and 8 on the curve and its twist: with one of them as the peer's key
 * every agreement gives zero, whatever the own key is. From https://cr.yp.to/ecdh.html#validate.
 */
const SMALL_ORDER: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  P - 1n,
]);

/** Their lowest bytes: a key that begins otherwise is none of them. Every envelope brings a key, and big integers are slow. */
const SMALL_ORDER_LOWEST_BYTES: ReadonlySet<number | undefined> = new Set(
  [...SMALL_ORDER].map((u) => Number(u & 0xffn)),
);
/** The highest byte of P, and of nothing that is much below it. */
const HIGHEST_BYTE_OF_P = 0x7f;

const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** Are these 32 bytes the one canonical encoding of a u-coordinate whose point is not of small order (SPEC §1.1)? */
export const isCurveCoordinate = (bytes: Uint8Array): boolean => {
  if (bytes.length !== CURVE_KEY_LENGTH - 1) return false;
  const [lowest, highest] = [bytes[0], bytes[bytes.length - 1] ?? HIGHEST_BYTE_OF_P];
  if (highest < HIGHEST_BYTE_OF_P && !SMALL_ORDER_LOWEST_BYTES.has(lowest)) return true;
  const u = littleEndian(bytes);
  return u < P && !SMALL_ORDER.has(u);
};

/**
 * Is this a libsignal public key to work with: 33 bytes, type byte first, the one canonical encoding of a point that is not
 * of small order (SPEC §1.1)? Points of the twist pass: Curve25519 was chosen so that they reveal nothing.
 *
 * libsignal alone ignores what follows the 33rd byte and takes a coordinate modulo P, which would let two byte strings (and
 * so two device ids) be one key.
 */
export const isCurvePublicKey = (bytes: Uint8Array): boolean =>
  bytes.length === CURVE_KEY_LENGTH && bytes[0] === CURVE25519_TYPE && isCurveCoordinate(bytes.subarray(1));
