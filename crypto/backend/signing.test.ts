import { PrivateKey } from '@signalapp/libsignal-client';
import { describe, expect, it } from '@jest/globals';
import { identityKeyPairOf } from '../identity/device-keys.js';
import { IdentityPrivateKey, Plaintext, XEdDsaSignature } from '../keys.js';
import { flippedBits } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { curvePrivateKey, curvePublicKey, xEdDsaSign, xEdDsaVerify } from './signing.js';

const random = seededRandomForTesting('signing');
const pair = identityKeyPairOf(curvePrivateKey(IdentityPrivateKey, random.bytes(32)));
const message = Plaintext.of(random.bytes(50));

describe('curvePrivateKey', () => {
  it('clamps (RFC 7748 §5) and wipes what it was made of', () => {
    const source = new Uint8Array(32).fill(0xff);
    const key = curvePrivateKey(IdentityPrivateKey, source).unwrap();
    expect(source).toEqual(new Uint8Array(32));
    expect(key[0]).toBe(0xf8);
    expect(key[31]).toBe(0x7f);
    expect(key.subarray(1, 31)).toEqual(new Uint8Array(30).fill(0xff));
  });

  it('is what libsignal keeps: storing and loading changes nothing', () => {
    const key = curvePrivateKey(IdentityPrivateKey, random.bytes(32));
    expect(PrivateKey.deserialize(key.unwrap()).serialize()).toEqual(key.unwrap());
    expect(curvePublicKey(key)).toEqual(PrivateKey.deserialize(key.unwrap()).getPublicKey().serialize());
  });
});

describe('XEdDSA', () => {
  const signature = xEdDsaSign(pair.privateKey, message);

  it('is randomised, and each signature verifies', () => {
    const again = xEdDsaSign(pair.privateKey, message);
    expect(again).not.toEqual(signature);
    expect(xEdDsaVerify(pair.publicKey, message, signature)).toBe(true);
    expect(xEdDsaVerify(pair.publicKey, message, again)).toBe(true);
  });

  it('refuses every flipped bit of message and signature, and another key', () => {
    const other = identityKeyPairOf(curvePrivateKey(IdentityPrivateKey, random.bytes(32)));
    expect(xEdDsaVerify(other.publicKey, message, signature)).toBe(false);
    for (const { bytes } of flippedBits(signature))
      expect(xEdDsaVerify(pair.publicKey, message, XEdDsaSignature.of(bytes))).toBe(false);
    for (const { bytes } of flippedBits(message)) expect(xEdDsaVerify(pair.publicKey, bytes, signature)).toBe(false);
  });
});
