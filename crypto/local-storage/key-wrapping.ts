import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import {
  XCHACHA20_POLY1305_NONCE_LENGTH,
  xchacha20Poly1305Decrypt,
  xchacha20Poly1305Encrypt,
} from '../backend/libsodium.js';
import { CanonicalWriter, concatenate } from '../bytes.js';
import type { RandomSource } from '../environment.js';
import {
  DatabaseKey,
  LinkKey,
  PasswordKey,
  RecoverySeed,
  WrappedKey,
  type ByteRole,
  type Bytes,
  type KeyEncryptionKey,
  type PassphraseKey,
} from '../keys.js';
import { LABELS } from '../labels.js';
import { wipe, type Secret } from '../secret.js';

/** A key that other keys are wrapped under. */
export type WrappingKey = PasswordKey | PassphraseKey | KeyEncryptionKey;

/** Whose key is wrapped: a blob of another account or device does not open, even under the same password. */
export interface KeyOwner {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
}

export type UnwrapVerdict<Key> =
  | { readonly outcome: 'unwrapped'; readonly key: Key }
  | {
      readonly outcome: 'refused';
      /**
       * `malformed`: not a wrapped key of this kind. `otherWrappingKey`: wrapped under another kind of key, such as a
       * passphrase instead of a password. `wrongKey`: the password is wrong, the blob was changed or is another's.
       */
      readonly reason: 'malformed' | 'otherWrappingKey' | 'wrongKey';
    };

/** Wraps and unwraps keys of one purpose (SPEC §9.1). */
export interface KeyWrapping<Key, Owner> {
  /** Encrypts `key` under `under`. Every call takes a new random nonce of 24 bytes. */
  wrap(key: Key, under: WrappingKey, context: { readonly owner: Owner; readonly random: RandomSource }): WrappedKey;
  unwrap(wrapped: Uint8Array, under: WrappingKey, owner: Owner): UnwrapVerdict<Key>;
}

const VERSION = 1;
const HEADER_LENGTH = 3;
const KEY_LENGTH = 32;
const TAG_LENGTH = 16;
const WRAPPED_LENGTH = HEADER_LENGTH + XCHACHA20_POLY1305_NONCE_LENGTH + KEY_LENGTH + TAG_LENGTH;

const codeOf = (under: WrappingKey): number => {
  switch (under.role) {
    case 'password key':
      return 1;
    case 'passphrase key':
      return 2;
    case 'key encryption key':
      return 3;
  }
};

/** A key that all devices of an account share has no device. */
type AnyOwner = Pick<KeyOwner, 'accountId'> & Partial<KeyOwner>;

const associatedData = (header: Bytes, owner: AnyOwner | undefined): Bytes => {
  const writer = new CanonicalWriter(LABELS.wrappedKey).fixed(header);
  if (owner !== undefined) writer.id(owner.accountId);
  if (owner?.deviceId !== undefined) writer.id(owner.deviceId);
  return writer.finish();
};

const keyWrapping = <Key extends Secret<string>, Owner extends AnyOwner | undefined>(
  purpose: number,
  role: ByteRole<Key>,
): KeyWrapping<Key, Owner> => ({
  wrap: (key, under, { owner, random }) => {
    const header = Uint8Array.of(VERSION, purpose, codeOf(under));
    const nonce = random.bytes(XCHACHA20_POLY1305_NONCE_LENGTH);
    const ciphertext = xchacha20Poly1305Encrypt(under.unwrap(), nonce, key.unwrap(), associatedData(header, owner));
    return WrappedKey.of(concatenate(header, nonce, ciphertext));
  },
  unwrap: (wrapped, under, owner) => {
    const header = new Uint8Array(wrapped.subarray(0, HEADER_LENGTH));
    const [version, wrappedPurpose, wrappedUnder] = header;
    if (wrapped.length !== WRAPPED_LENGTH || version !== VERSION || wrappedPurpose !== purpose)
      return { outcome: 'refused', reason: 'malformed' };
    if (wrappedUnder !== codeOf(under)) return { outcome: 'refused', reason: 'otherWrappingKey' };
    const nonceEnd = HEADER_LENGTH + XCHACHA20_POLY1305_NONCE_LENGTH;
    const bytes = xchacha20Poly1305Decrypt(
      under.unwrap(),
      wrapped.slice(HEADER_LENGTH, nonceEnd),
      wrapped.slice(nonceEnd),
      associatedData(header, owner),
    );
    if (bytes === undefined) return { outcome: 'refused', reason: 'wrongKey' };
    const key = role.of(bytes);
    wipe(bytes);
    return { outcome: 'unwrapped', key };
  },
});

/** The database key has no owner: there is a database before there is an account in it. */
export const databaseKeyWrapping = keyWrapping<DatabaseKey, undefined>(1, DatabaseKey);
export const linkKeyWrapping = keyWrapping<LinkKey, KeyOwner>(2, LinkKey);
export const recoverySeedWrapping = keyWrapping<RecoverySeed, KeyOwner>(3, RecoverySeed);
/** The password key before the present one, wrapped under the present one for all devices of the account. */
export const earlierPasswordKeyWrapping = keyWrapping<
  PasswordKey,
  Pick<KeyOwner, 'accountId'> & { readonly deviceId?: never }
>(4, PasswordKey);
