import { DatabaseKey, KeyEncryptionKey, LinkKey, PassphraseKey, PasswordKey, RecoverySeed } from '../../keys.js';
import {
  databaseKeyWrapping,
  earlierPasswordKeyWrapping,
  linkKeyWrapping,
  recoverySeedWrapping,
  type WrappingKey,
} from '../../local-storage/key-wrapping.js';
import { seededRandomForTesting } from '../../testing/seeded-random.js';
import { testAccount } from '../../testing/test-account.js';
import { fromHex, toHex } from './hex.js';

export interface WrappedKeyVector {
  readonly name: string;
  readonly purpose: 'databaseKey' | 'linkKey' | 'recoverySeed' | 'passwordKey';
  readonly wrappingKeyRole: WrappingKey['role'];
  readonly wrappingKey: string;
  readonly accountId: string;
  readonly deviceId: string;
  readonly wrapped: string;
  /** `unwrapped`, or the reason of the refusal. */
  readonly expected: string;
  /** Of those that unwrap. */
  readonly key?: string;
}

/** One key of each purpose under one wrapping key of each kind, and the ways in which a blob must not open. */
export const wrappedKeyVectors = (): readonly WrappedKeyVector[] => {
  const random = seededRandomForTesting('vectors: wrapping');
  const { account } = testAccount('vectors: wrapping');
  const { account: other } = testAccount('vectors: other owner');
  const owner = { accountId: account.accountId, deviceId: account.device.deviceId };
  const passwordKey = PasswordKey.generate(random);
  const passphraseKey = PassphraseKey.generate(random);
  const keychainKey = KeyEncryptionKey.generate(random);
  const linkKey = LinkKey.generate(random);
  const seed = RecoverySeed.generate(random);
  const database = DatabaseKey.generate(random);

  const vector = (
    name: string,
    purpose: WrappedKeyVector['purpose'],
    under: WrappingKey,
    rest: { readonly wrapped: Uint8Array; readonly key: { unwrap(): Uint8Array } },
  ): WrappedKeyVector => ({
    name,
    purpose,
    wrappingKeyRole: under.role,
    wrappingKey: toHex(under.unwrap()),
    ...owner,
    wrapped: toHex(rest.wrapped),
    expected: 'unwrapped',
    key: toHex(rest.key.unwrap()),
  });
  const link = vector('a link key under a password', 'linkKey', passwordKey, {
    wrapped: linkKeyWrapping.wrap(linkKey, passwordKey, { owner, random }),
    key: linkKey,
  });
  const refuse = (name: string, expected: string, change: Partial<WrappedKeyVector>): WrappedKeyVector => {
    const { key: _, ...rest } = link;
    return { ...rest, ...change, name, expected };
  };
  const withByte = (index: number, value: number) => toHex(fromHex(link.wrapped).with(index, value));
  const last = fromHex(link.wrapped).at(-1) ?? 0;

  const recorded = [
    link,
    vector('a recovery seed under a password', 'recoverySeed', passwordKey, {
      wrapped: recoverySeedWrapping.wrap(seed, passwordKey, { owner, random }),
      key: seed,
    }),
    vector('a database key under a passphrase', 'databaseKey', passphraseKey, {
      wrapped: databaseKeyWrapping.wrap(database, passphraseKey, { owner: undefined, random }),
      key: database,
    }),
    vector('a database key under a key of the keychain', 'databaseKey', keychainKey, {
      wrapped: databaseKeyWrapping.wrap(database, keychainKey, { owner: undefined, random }),
      key: database,
    }),
    refuse('wrong password', 'wrongKey', { wrappingKey: toHex(keychainKey.unwrap()) }),
    refuse('another account', 'wrongKey', { accountId: other.accountId }),
    refuse('another device', 'wrongKey', { deviceId: other.device.deviceId }),
    refuse('changed tag', 'wrongKey', { wrapped: withByte(-1, last ^ 1) }),
    refuse('changed nonce', 'wrongKey', { wrapped: withByte(3, (fromHex(link.wrapped).at(3) ?? 0) ^ 1) }),
    refuse('under a password, opened as if under a passphrase', 'otherWrappingKey', {
      wrappingKeyRole: 'passphrase key',
    }),
    refuse('relabelled as wrapped under a passphrase', 'wrongKey', {
      wrappingKeyRole: 'passphrase key',
      wrapped: withByte(2, 2),
    }),
    refuse('relabelled as a recovery seed', 'wrongKey', { purpose: 'recoverySeed', wrapped: withByte(1, 3) }),
    refuse('opened as a recovery seed', 'malformed', { purpose: 'recoverySeed' }),
    refuse('version 2', 'malformed', { wrapped: withByte(0, 2) }),
    refuse('last byte missing', 'malformed', { wrapped: link.wrapped.slice(0, -2) }),
    refuse('a byte more', 'malformed', { wrapped: `${link.wrapped}00` }),
    refuse('nothing', 'malformed', { wrapped: '' }),
  ];
  // Drawn after what was recorded before.
  const earlier = PasswordKey.generate(random);
  return [
    ...recorded,
    vector('an earlier password key under the next one, for all devices', 'passwordKey', passwordKey, {
      wrapped: earlierPasswordKeyWrapping.wrap(earlier, passwordKey, {
        owner: { accountId: account.accountId },
        random,
      }),
      key: earlier,
    }),
    refuse('relabelled as an earlier password key', 'wrongKey', { purpose: 'passwordKey', wrapped: withByte(1, 4) }),
    refuse('opened as an earlier password key', 'malformed', { purpose: 'passwordKey' }),
  ];
};
