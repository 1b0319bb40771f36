import { describe, expect, it, jest } from '@jest/globals';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { parsePassword, type Password } from './password.js';
import { derivePassphraseKey, derivePasswordKeys, newStretchParameters } from './stretch.js';
import { DEFAULT_STRETCH_COST } from './stretch-parameters.js';

// Stretching is expensive on purpose, and more so on a machine with other work.
jest.setTimeout(60_000);

const parameters = newStretchParameters(seededRandomForTesting('salt'));
const password = (typed = 'correct horse battery staple'): Password => {
  const parsed = parsePassword(typed);
  if (parsed === undefined) throw new Error('This is a password.');
  return parsed;
};

describe('a stretched password', () => {
  it('gives the same two halves each time, which are not each other', async () => {
    const keys = await derivePasswordKeys(password(), parameters);
    const again = await derivePasswordKeys(password(), parameters);
    expect(again.authenticationSecret.unwrap()).toEqual(keys.authenticationSecret.unwrap());
    expect(again.passwordKey.unwrap()).toEqual(keys.passwordKey.unwrap());
    expect(keys.authenticationSecret.unwrap()).not.toEqual(keys.passwordKey.unwrap());
    expect(keys.passwordKey.unwrap().some((byte) => byte !== 0)).toBe(true);
  });

  it('gives others for another password, salt or cost', async () => {
    const variants = await Promise.all([
      derivePasswordKeys(password(), parameters),
      derivePasswordKeys(password('correct horse battery stapler'), parameters),
      derivePasswordKeys(password(), newStretchParameters(seededRandomForTesting('pepper'))),
      derivePasswordKeys(password(), { ...parameters, cost: { ...parameters.cost, iterations: 4 } }),
    ]);
    expect(new Set(variants.map(({ passwordKey }) => String(passwordKey.unwrap()))).size).toBe(4);
    expect(new Set(variants.map(({ authenticationSecret }) => String(authenticationSecret.unwrap()))).size).toBe(4);
  });

  it('gives a third thing as the passphrase of a profile', async () => {
    const { passwordKey, authenticationSecret } = await derivePasswordKeys(password(), parameters);
    const passphraseKey = await derivePassphraseKey(password(), parameters);
    expect(passphraseKey.unwrap()).not.toEqual(passwordKey.unwrap());
    expect(passphraseKey.unwrap()).not.toEqual(authenticationSecret.unwrap());
  });

  it('is never made cheaper than the floor, even if the caller did not ask', async () => {
    const cheap = { ...parameters, cost: { ...DEFAULT_STRETCH_COST, memoryKiB: 1_024 } };
    await expect(derivePasswordKeys(password(), cheap)).rejects.toThrow(RangeError);
    await expect(derivePassphraseKey(password(), cheap)).rejects.toThrow(RangeError);
  });

  it('leaves the password for its owner to purge', async () => {
    const typed = password();
    await derivePasswordKeys(typed, parameters);
    expect(typed.unwrap()).toEqual(password().unwrap());
  });
});

describe('newStretchParameters', () => {
  it('takes a new salt each time and the cost of RFC 9106 §4', () => {
    const random = seededRandomForTesting('salts');
    const [one, two] = [newStretchParameters(random), newStretchParameters(random)];
    expect(one.salt).not.toEqual(two.salt);
    expect(one.cost).toEqual({ memoryKiB: 65_536, iterations: 3, parallelism: 4 });
  });
});
