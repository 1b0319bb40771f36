import sodium from 'libsodium-wrappers';
import type { Bytes } from '../keys.js';

// libsodium is WebAssembly and compiles once: whoever imports this module gets it ready.
await sodium.ready;

export const XCHACHA20_POLY1305_NONCE_LENGTH = 24;

/** The Ed25519 public key of a 32-byte seed (RFC 8032 §5.1.5). */
export const ed25519PublicKey = (seed: Bytes): Bytes => {
  const pair = sodium.crypto_sign_seed_keypair(seed);
  sodium.memzero(pair.privateKey);
  return new Uint8Array(pair.publicKey);
};

/** Ed25519 (RFC 8032) over `message` by the key of a 32-byte seed. 64 bytes. */
export const ed25519Sign = (seed: Bytes, message: Bytes): Bytes => {
  const { privateKey } = sodium.crypto_sign_seed_keypair(seed);
  const signature = new Uint8Array(sodium.crypto_sign_detached(message, privateKey));
  sodium.memzero(privateKey);
  return signature;
};

/** Does the Ed25519 signature (64 bytes) by `publicKey` (32 bytes) cover `message`? Small orders and second encodings are refused. */
export const ed25519Verify = (publicKey: Bytes, message: Bytes, signature: Bytes): boolean =>
  sodium.crypto_sign_verify_detached(signature, message, publicKey);

/** The X25519 public key of a 32-byte private key (RFC 7748 §6.1), without libsignal's type byte. */
export const x25519PublicKey = (privateKey: Bytes): Bytes => new Uint8Array(sodium.crypto_scalarmult_base(privateKey));

/** X25519 (RFC 7748 §6.1); `undefined` where the agreement gives zero, as it does with every point of small order. */
export const x25519Agree = (privateKey: Bytes, publicKey: Bytes): Bytes | undefined => {
  try {
    return new Uint8Array(sodium.crypto_scalarmult(privateKey, publicKey));
  } catch {
    // The one thing that throws when lengths are right is a result of zero.
    return undefined;
  }
};

/** ChaCha20-Poly1305 (RFC 8439): ciphertext and 16-byte tag. Key 32, nonce 12 bytes. */
export const chacha20Poly1305Encrypt = (key: Bytes, nonce: Bytes, plaintext: Bytes, associatedData: Bytes): Bytes =>
  new Uint8Array(sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plaintext, associatedData, null, nonce, key));

/** The plaintext; `undefined` unless ciphertext, associated data, nonce and key belong together. */
export const chacha20Poly1305Decrypt = (
  key: Bytes,
  nonce: Bytes,
  ciphertext: Bytes,
  associatedData: Bytes,
): Bytes | undefined => {
  try {
    return new Uint8Array(
      sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, ciphertext, associatedData, nonce, key),
    );
  } catch {
    // As below: the tag.
    return undefined;
  }
};

/** XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): ciphertext and 16-byte tag. Key 32, nonce 24 bytes. */
export const xchacha20Poly1305Encrypt = (key: Bytes, nonce: Bytes, plaintext: Bytes, associatedData: Bytes): Bytes =>
  new Uint8Array(sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, associatedData, null, nonce, key));

/** The plaintext; `undefined` unless ciphertext, associated data, nonce and key belong together. */
export const xchacha20Poly1305Decrypt = (
  key: Bytes,
  nonce: Bytes,
  ciphertext: Bytes,
  associatedData: Bytes,
): Bytes | undefined => {
  try {
    return new Uint8Array(
      sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, associatedData, nonce, key),
    );
  } catch {
    // The one thing that throws when lengths are right is the tag; to a caller every failure is the same.
    return undefined;
  }
};

/** Bytes before a secretstream, and how many each chunk is longer than its plaintext. */
export const SECRETSTREAM_HEADER_LENGTH = 24;
export const SECRETSTREAM_OVERHEAD = 17;

/** What a secretstream is sealed with and bound to. The header of 24 bytes is its nonce: never the same twice under one key. */
export interface Secretstream {
  readonly key: Bytes;
  readonly header: Bytes;
  readonly associatedData: Bytes;
}

/**
 * libsodium draws the header of a stream itself, but randomness is handed in here. The state of a writer is that of a reader
 * (crypto_secretstream_xchacha20poly1305_state, both made of key and header), so that of a reader serves.
 */
const secretstreamState = ({ key, header }: Secretstream) =>
  sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key);

const tagOf = (isFinal: boolean): number =>
  isFinal
    ? sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    : sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;

/** Seals a plaintext of whole chunks as a secretstream (XChaCha20-Poly1305), the last chunk tagged FINAL. */
export const secretstreamSeal = (stream: Secretstream, plaintext: Bytes, chunkLength: number): Bytes => {
  const state = secretstreamState(stream);
  const chunks = plaintext.length / chunkLength;
  const sealed = new Uint8Array(chunks * (chunkLength + SECRETSTREAM_OVERHEAD));
  for (let index = 0; index < chunks; index += 1) {
    const chunk = plaintext.subarray(index * chunkLength, (index + 1) * chunkLength);
    const ciphertext = sodium.crypto_secretstream_xchacha20poly1305_push(
      state,
      chunk,
      stream.associatedData,
      tagOf(index === chunks - 1),
    );
    sealed.set(ciphertext, index * (chunkLength + SECRETSTREAM_OVERHEAD));
  }
  return sealed;
};

/** The plaintext of a stream of whole chunks; `undefined` unless every chunk verifies and the last one alone is tagged FINAL. */
export const secretstreamOpen = (stream: Secretstream, ciphertext: Bytes, chunkLength: number): Bytes | undefined => {
  const state = secretstreamState(stream);
  const sealedLength = chunkLength + SECRETSTREAM_OVERHEAD;
  const chunks = ciphertext.length / sealedLength;
  const plaintext = new Uint8Array(chunks * chunkLength);
  for (let index = 0; index < chunks; index += 1) {
    const chunk = ciphertext.subarray(index * sealedLength, (index + 1) * sealedLength);
    const pulled = sodium.crypto_secretstream_xchacha20poly1305_pull(state, chunk, stream.associatedData);
    if (pulled === false || pulled.tag !== tagOf(index === chunks - 1)) return undefined;
    plaintext.set(pulled.message, index * chunkLength);
  }
  return plaintext;
};
