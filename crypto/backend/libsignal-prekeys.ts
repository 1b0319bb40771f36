import * as libsignal from '@signalapp/libsignal-client';
import type { UnixMs } from '@sotto/protocol/ids';
import {
  KyberPreKeyRecord,
  PreKeyRecord,
  SignedPreKeyRecord,
  type IdentityPrivateKey,
  type PreKeyId,
} from '../keys.js';
import type { UntrustedPreKey, UntrustedSignedPreKey } from '../prekey/public-prekeys.js';

/** The own identity that signs prekeys, and the time that is written into their records. */
export interface PreKeySigner {
  readonly identityKey: IdentityPrivateKey;
  readonly now: UnixMs;
}

/** A new one-time prekey under `id`. */
export const generatePreKey = (id: PreKeyId): PreKeyRecord => {
  const privateKey = libsignal.PrivateKey.generate();
  return PreKeyRecord.of(libsignal.PreKeyRecord.new(id, privateKey.getPublicKey(), privateKey).serialize());
};

/** A new signed prekey under `id`. */
export const generateSignedPreKey = (id: PreKeyId, { identityKey, now }: PreKeySigner): SignedPreKeyRecord => {
  const privateKey = libsignal.PrivateKey.generate();
  const publicKey = privateKey.getPublicKey();
  const signature = libsignal.PrivateKey.deserialize(identityKey.unwrap()).sign(publicKey.serialize());
  const record = libsignal.SignedPreKeyRecord.new(id, now, publicKey, privateKey, signature);
  return SignedPreKeyRecord.of(record.serialize());
};

/** A new Kyber-1024 prekey under `id`, for one use or as the last resort: the record is the same. */
export const generateKyberPreKey = (id: PreKeyId, { identityKey, now }: PreKeySigner): KyberPreKeyRecord => {
  const keyPair = libsignal.KEMKeyPair.generate();
  const signature = libsignal.PrivateKey.deserialize(identityKey.unwrap()).sign(keyPair.getPublicKey().serialize());
  return KyberPreKeyRecord.of(libsignal.KyberPreKeyRecord.new(id, now, keyPair, signature).serialize());
};

/** The public half of a stored one-time prekey. To be verified like one from the wire before it is published. */
export const publicPreKey = (record: PreKeyRecord): UntrustedPreKey => {
  const native = libsignal.PreKeyRecord.deserialize(record.unwrap());
  return { id: native.id(), publicKey: native.publicKey().serialize() };
};

/** The same of a stored signed prekey. */
export const publicSignedPreKey = (record: SignedPreKeyRecord): UntrustedSignedPreKey => {
  const native = libsignal.SignedPreKeyRecord.deserialize(record.unwrap());
  return { id: native.id(), publicKey: native.publicKey().serialize(), signature: native.signature() };
};

/** The same of a stored Kyber prekey. */
export const publicKyberPreKey = (record: KyberPreKeyRecord): UntrustedSignedPreKey => {
  const native = libsignal.KyberPreKeyRecord.deserialize(record.unwrap());
  return { id: native.id(), publicKey: native.publicKey().serialize(), signature: native.signature() };
};
