import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { HASH_COST, PasswordHash } from './password-hash.js';

const secret = randomBytes(32);

const hashed = async (passwords: PasswordHash): Promise<string> => {
  const outcome = await passwords.hash(secret);
  if (outcome.type === 'busy') throw new Error('busy');
  return outcome.verifier;
};

describe('PasswordHash', () => {
  it('costs what the design asks at least, with a salt of its own each time', async () => {
    const passwords = await PasswordHash.create(HASH_COST, randomBytes(32));
    const [first, second] = [await hashed(passwords), await hashed(passwords)];
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(second).not.toBe(first);
  });

  it('knows the right secret from a wrong one and from none', async () => {
    const passwords = await PasswordHash.create(HASH_COST, randomBytes(32));
    const verifier = await hashed(passwords);
    expect(await passwords.verify(verifier, secret)).toEqual({ type: 'matches', isOutdated: false });
    expect(await passwords.verify(verifier, randomBytes(32))).toEqual({ type: 'differs' });
    expect(await passwords.verify(undefined, secret)).toEqual({ type: 'differs' });
  });

  it('takes as long for an unknown name as for a known one', async () => {
    const passwords = await PasswordHash.create(HASH_COST, randomBytes(32));
    const verifier = await hashed(passwords);
    const fastest = async (known: string | undefined) => {
      const times: number[] = [];
      for (let index = 0; index < 10; index += 1) {
        const started = performance.now();
        await passwords.verify(known, randomBytes(32));
        times.push(performance.now() - started);
      }
      return Math.min(...times);
    };
    // Without the decoy an unknown name is answered a hundred times faster.
    expect((await fastest(undefined)) / (await fastest(verifier))).toBeGreaterThan(0.5);
  });

  it('differs for an unknown name even where the secret is that of the decoy', async () => {
    const decoy = randomBytes(32);
    const passwords = await PasswordHash.create(HASH_COST, decoy);
    expect(await passwords.verify(undefined, decoy)).toEqual({ type: 'differs' });
  });

  it('sees that a verifier was cheaper than today’s', async () => {
    const before = await PasswordHash.create({ ...HASH_COST, iterations: 1 }, randomBytes(32));
    const today = await PasswordHash.create(HASH_COST, randomBytes(32));
    expect(await today.verify(await hashed(before), secret)).toEqual({ type: 'matches', isOutdated: true });
  });

  it('turns away what comes beyond its queue instead of filling the memory', async () => {
    const passwords = await PasswordHash.create({ ...HASH_COST, memoryKiB: 1_024 }, randomBytes(32));
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => passwords.verify(undefined, secret)));
    expect(outcomes.filter(({ type }) => type === 'busy')).toHaveLength(100 - 2 - 64);
  });
});
