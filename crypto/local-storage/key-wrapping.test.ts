import { describe, expect, it } from '@jest/globals';
import {
  DatabaseKey,
  KeyEncryptionKey,
  LinkKey,
  PassphraseKey,
  PasswordKey,
  RecoverySeed,
  WrappedKey,
} from '../keys.js';
import { acceptedCorruptions } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { testAccount } from '../testing/test-account.js';
import {
  databaseKeyWrapping,
  earlierPasswordKeyWrapping,
  linkKeyWrapping,
  recoverySeedWrapping,
  type WrappingKey,
} from './key-wrapping.js';

const random = seededRandomForTesting('wrapping');
const { account } = testAccount('wrapping');
const { account: other } = testAccount('other');
const owner = { accountId: account.accountId, deviceId: account.device.deviceId };

const linkKey = LinkKey.generate(random);
const passwordKey = PasswordKey.generate(random);
const wrapped = linkKeyWrapping.wrap(linkKey, passwordKey, { owner, random });

describe('a wrapped key', () => {
  it.each<[string, WrappingKey]>([
    ['a password', passwordKey],
    ['a passphrase', PassphraseKey.generate(random)],
    ['a key of the keychain', KeyEncryptionKey.generate(random)],
  ])('is unwrapped under %s', (_, under) => {
    const seed = RecoverySeed.generate(random);
    const database = DatabaseKey.generate(random);
    const results = [
      [linkKey, linkKeyWrapping.unwrap(linkKeyWrapping.wrap(linkKey, under, { owner, random }), under, owner)],
      [seed, recoverySeedWrapping.unwrap(recoverySeedWrapping.wrap(seed, under, { owner, random }), under, owner)],
      [
        database,
        databaseKeyWrapping.unwrap(
          databaseKeyWrapping.wrap(database, under, { owner: undefined, random }),
          under,
          undefined,
        ),
      ],
    ] as const;
    for (const [key, verdict] of results) {
      if (verdict.outcome === 'refused') throw new Error(verdict.reason);
      expect(verdict.key.unwrap()).toEqual(key.unwrap());
      expect(verdict.key.role).toBe(key.role);
    }
  });

  it('is other bytes each time, under a nonce of its own', () => {
    const again = linkKeyWrapping.wrap(linkKey, passwordKey, { owner, random });
    expect(again).toHaveLength(wrapped.length);
    expect(again.subarray(3, 27)).not.toEqual(wrapped.subarray(3, 27));
    expect(again.subarray(27)).not.toEqual(wrapped.subarray(27));
  });

  it('does not hold the key that it wraps, nor the one that it is wrapped under', () => {
    for (const secret of [linkKey, passwordKey])
      expect(Buffer.from(wrapped).includes(Buffer.from(secret.unwrap()))).toBe(false);
  });

  it('keeps its form: version, purpose, kind of wrapping key, nonce 24, key 32, tag 16', () => {
    expect(wrapped).toHaveLength(3 + 24 + 32 + 16);
    expect([...wrapped.subarray(0, 3)]).toEqual([1, 2, 1]);
    const byPassphrase = databaseKeyWrapping.wrap(DatabaseKey.generate(random), PassphraseKey.generate(random), {
      owner: undefined,
      random,
    });
    expect([...byPassphrase.subarray(0, 3)]).toEqual([1, 1, 2]);
    const seed = recoverySeedWrapping.wrap(RecoverySeed.generate(random), KeyEncryptionKey.generate(random), {
      owner,
      random,
    });
    expect([...seed.subarray(0, 3)]).toEqual([1, 3, 3]);
  });
});

describe('an earlier password key', () => {
  const earlier = PasswordKey.generate(random);
  const ofAccount = { accountId: account.accountId };
  const kept = earlierPasswordKeyWrapping.wrap(earlier, passwordKey, { owner: ofAccount, random });

  it('is the account’s: every device opens it, and no other account', () => {
    expect([...kept.subarray(0, 3)]).toEqual([1, 4, 1]);
    const verdict = earlierPasswordKeyWrapping.unwrap(kept, passwordKey, ofAccount);
    if (verdict.outcome === 'refused') throw new Error(verdict.reason);
    expect(verdict.key.unwrap()).toEqual(earlier.unwrap());
    const elsewhere = { accountId: other.accountId };
    expect(earlierPasswordKeyWrapping.unwrap(kept, passwordKey, elsewhere)).toMatchObject({ reason: 'wrongKey' });
    expect(earlierPasswordKeyWrapping.unwrap(kept, earlier, ofAccount)).toMatchObject({ reason: 'wrongKey' });
  });

  it('is not a link key, whatever its header says', () => {
    const relabelled = (purpose: number) => linkKeyWrapping.unwrap(kept.with(1, purpose), passwordKey, owner);
    expect(relabelled(4)).toMatchObject({ reason: 'malformed' });
    expect(relabelled(2)).toMatchObject({ reason: 'wrongKey' });
  });
});

describe('unwrapping is refused', () => {
  const reasonOf = (bytes: Uint8Array, under: WrappingKey = passwordKey, by = owner) => {
    const verdict = linkKeyWrapping.unwrap(bytes, under, by);
    return verdict.outcome === 'refused' ? verdict.reason : 'unwrapped';
  };

  it('for every flipped bit and every cut', () => {
    expect(acceptedCorruptions(wrapped, (bytes) => reasonOf(bytes) === 'unwrapped')).toEqual([]);
  });

  it('under a wrong password', () => {
    expect(reasonOf(wrapped, PasswordKey.generate(random))).toBe('wrongKey');
  });

  it('under a key of another kind, though its bytes are the same', () => {
    expect(reasonOf(wrapped, PassphraseKey.of(passwordKey.unwrap()))).toBe('otherWrappingKey');
    const relabelled = WrappedKey.of(wrapped.with(2, 2));
    expect(reasonOf(relabelled, PassphraseKey.of(passwordKey.unwrap()))).toBe('wrongKey');
  });

  it('for another account or device under the same password', () => {
    expect(reasonOf(wrapped, passwordKey, { ...owner, accountId: other.accountId })).toBe('wrongKey');
    expect(reasonOf(wrapped, passwordKey, { ...owner, deviceId: other.device.deviceId })).toBe('wrongKey');
  });

  it('for a key of another purpose, also when its header says otherwise', () => {
    const seed = recoverySeedWrapping.wrap(RecoverySeed.generate(random), passwordKey, { owner, random });
    expect(reasonOf(seed)).toBe('malformed');
    expect(reasonOf(seed.with(1, 2))).toBe('wrongKey');
    expect(recoverySeedWrapping.unwrap(wrapped, passwordKey, owner)).toEqual({
      outcome: 'refused',
      reason: 'malformed',
    });
  });

  it('for another version and for nothing', () => {
    expect(reasonOf(wrapped.with(0, 2))).toBe('malformed');
    expect(reasonOf(new Uint8Array(0))).toBe('malformed');
  });
});
