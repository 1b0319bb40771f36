import { PrivateKey, PublicKey } from '@signalapp/libsignal-client';
import { describe, expect, it } from '@jest/globals';
import { isCurvePublicKey } from './curve-key.js';

const key = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.of(5, ...Buffer.from(hex, 'hex'));

/** https://cr.yp.to/ecdh.html#validate, as published: little-endian, 0, 1, two of order 8, p-1, p, p+1. */
const SMALL_ORDER = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
];

describe('isCurvePublicKey', () => {
  it('takes the keys that libsignal makes', () => {
    for (let round = 0; round < 50; round += 1)
      expect(isCurvePublicKey(PrivateKey.generate().getPublicKey().serialize())).toBe(true);
  });

  it.each(SMALL_ORDER)('refuses the point of small order %s', (hex) => {
    expect(isCurvePublicKey(key(hex))).toBe(false);
  });

  it.each(SMALL_ORDER)('because agreeing with %s gives nothing secret', (hex) => {
    expect(() => PrivateKey.generate().agree(PublicKey.deserialize(key(hex)))).toThrow();
  });

  it('refuses the second encodings of a coordinate', () => {
    const nine = `09${'00'.repeat(31)}`;
    expect(isCurvePublicKey(key(nine))).toBe(true);
    expect(isCurvePublicKey(key(`09${'00'.repeat(30)}80`))).toBe(false);
    expect(isCurvePublicKey(key(`f6${'ff'.repeat(30)}7f`))).toBe(false);
  });

  it('refuses another type byte and every other length, which libsignal lets pass', () => {
    const honest = PrivateKey.generate().getPublicKey().serialize();
    const longer = Uint8Array.of(...honest, 0);
    expect(PublicKey.deserialize(longer).serialize()).toEqual(honest);
    expect(isCurvePublicKey(longer)).toBe(false);
    expect(isCurvePublicKey(honest.subarray(0, 32))).toBe(false);
    expect(isCurvePublicKey(new Uint8Array(0))).toBe(false);
    expect(isCurvePublicKey(Uint8Array.of(4, ...honest.subarray(1)))).toBe(false);
  });
});
