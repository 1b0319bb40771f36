import { describe, expect, it } from '@jest/globals';
import sodium from 'libsodium-wrappers';
import type { Bytes } from '../keys.js';
import {
  chacha20Poly1305Decrypt,
  chacha20Poly1305Encrypt,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  secretstreamOpen,
  secretstreamSeal,
  x25519Agree,
  x25519PublicKey,
  xchacha20Poly1305Decrypt,
  xchacha20Poly1305Encrypt,
} from './libsodium.js';

const hex = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'hex'));

describe('Ed25519', () => {
  /** RFC 8032 §7.1, tests 1 to 3. */
  it.each([
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ])('of seed %s', (seed, publicKey, message, signature) => {
    expect(ed25519PublicKey(hex(seed))).toEqual(hex(publicKey));
    expect(ed25519Sign(hex(seed), hex(message))).toEqual(hex(signature));
    expect(ed25519Verify(hex(publicKey), hex(message), hex(signature))).toBe(true);
    expect(ed25519Verify(hex(publicKey), hex(`${message}00`), hex(signature))).toBe(false);
  });

  it('leaves the seed as it was', () => {
    const seed = new Uint8Array(32).fill(7);
    ed25519Sign(seed, seed);
    ed25519PublicKey(seed);
    expect(seed).toEqual(new Uint8Array(32).fill(7));
  });

  it('refuses a public key of small order, under which one signature would cover every message', () => {
    const identity = Uint8Array.of(1, ...new Uint8Array(31));
    const signature = Uint8Array.of(1, ...new Uint8Array(63));
    expect(ed25519Verify(identity, hex('aa'), signature)).toBe(false);
  });
});

describe('X25519', () => {
  /** RFC 7748 §6.1. */
  it.each([
    [
      '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
      '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    ],
    [
      '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    ],
  ])('of private key %s', (privateKey, publicKey) => {
    expect(x25519PublicKey(hex(privateKey))).toEqual(hex(publicKey));
  });
});

describe('an agreement', () => {
  const [alice, bob] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

  it('is the same for both ends', () => {
    expect(x25519Agree(alice, x25519PublicKey(bob))).toEqual(x25519Agree(bob, x25519PublicKey(alice)));
    expect(x25519Agree(alice, x25519PublicKey(bob))).toHaveLength(32);
  });

  it('with a point of small order is none', () => {
    expect(x25519Agree(alice, new Uint8Array(32))).toBeUndefined();
    expect(x25519Agree(alice, Uint8Array.of(1, ...new Uint8Array(31)))).toBeUndefined();
  });
});

describe('ChaCha20-Poly1305', () => {
  const [key, nonce, aad] = [new Uint8Array(32).fill(1), new Uint8Array(12).fill(2), hex('aabb')];
  const ciphertext = chacha20Poly1305Encrypt(key, nonce, hex('0102'), aad);

  it('opens what it has sealed', () => {
    expect(chacha20Poly1305Decrypt(key, nonce, ciphertext, aad)).toEqual(hex('0102'));
  });

  it('opens nothing under another key, nonce or associated data, or cut below the tag', () => {
    expect(chacha20Poly1305Decrypt(key.with(0, 0), nonce, ciphertext, aad)).toBeUndefined();
    expect(chacha20Poly1305Decrypt(key, nonce.with(0, 0), ciphertext, aad)).toBeUndefined();
    expect(chacha20Poly1305Decrypt(key, nonce, ciphertext, hex('aa'))).toBeUndefined();
    expect(chacha20Poly1305Decrypt(key, nonce, ciphertext.slice(0, 15), aad)).toBeUndefined();
  });
});

describe('XChaCha20-Poly1305', () => {
  const [key, nonce, aad] = [new Uint8Array(32).fill(1), new Uint8Array(24).fill(2), hex('aabb')];
  const ciphertext = xchacha20Poly1305Encrypt(key, nonce, hex('0102'), aad);

  it('opens what it has sealed', () => {
    expect(xchacha20Poly1305Decrypt(key, nonce, ciphertext, aad)).toEqual(hex('0102'));
  });

  it('opens nothing under another key, nonce or associated data, or cut below the tag', () => {
    expect(xchacha20Poly1305Decrypt(key.with(0, 0), nonce, ciphertext, aad)).toBeUndefined();
    expect(xchacha20Poly1305Decrypt(key, nonce.with(0, 0), ciphertext, aad)).toBeUndefined();
    expect(xchacha20Poly1305Decrypt(key, nonce, ciphertext, hex('aa'))).toBeUndefined();
    expect(xchacha20Poly1305Decrypt(key, nonce, ciphertext.slice(0, 15), aad)).toBeUndefined();
  });
});

describe('secretstream', () => {
  const key = new Uint8Array(32).fill(1);
  const header = new Uint8Array(24).fill(2);
  const associatedData = Uint8Array.of(3, 4);
  const stream = { key, header, associatedData };
  const plaintext = Uint8Array.from({ length: 30 }, (_, index) => index);
  const sealed = secretstreamSeal(stream, plaintext, 10);
  const {
    crypto_secretstream_xchacha20poly1305_TAG_FINAL: FINAL,
    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE: MESSAGE,
  } = sodium;

  /** A stream as libsodium itself writes one, with these tags. */
  const written = (tags: readonly number[]) => {
    const { state, header: drawn } = sodium.crypto_secretstream_xchacha20poly1305_init_push(key);
    const chunks = tags.map((tag, index) =>
      sodium.crypto_secretstream_xchacha20poly1305_push(
        state,
        plaintext.subarray(index * 10, index * 10 + 10),
        associatedData,
        tag,
      ),
    );
    return { stream: { ...stream, header: new Uint8Array(drawn) }, ciphertext: new Uint8Array(Buffer.concat(chunks)) };
  };

  it('opens what it sealed, and is bound to key, header and associated data', () => {
    expect(secretstreamOpen(stream, sealed, 10)).toEqual(plaintext);
    expect(secretstreamOpen({ ...stream, key: new Uint8Array(32) }, sealed, 10)).toBeUndefined();
    expect(secretstreamOpen({ ...stream, header: new Uint8Array(24) }, sealed, 10)).toBeUndefined();
    expect(secretstreamOpen({ ...stream, associatedData: key }, sealed, 10)).toBeUndefined();
  });

  it("opens libsodium's own streams, and libsodium opens its", () => {
    const own = written([MESSAGE, MESSAGE, FINAL]);
    expect(secretstreamOpen(own.stream, own.ciphertext, 10)).toEqual(plaintext);
    const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
    const first = sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed.subarray(0, 27), associatedData);
    expect(first).toEqual({ message: plaintext.slice(0, 10), tag: MESSAGE });
  });

  it.each([
    ['without FINAL', [MESSAGE, MESSAGE, MESSAGE]],
    ['with FINAL too early', [MESSAGE, FINAL, FINAL]],
    ['cut to two chunks', [MESSAGE, MESSAGE]],
  ])('refuses a genuine stream %s', (_, tags) => {
    const own = written(tags);
    expect(secretstreamOpen(own.stream, own.ciphertext, 10)).toBeUndefined();
  });
});
