import { describe, expect, it } from '@jest/globals';
import { IdentityPrivateKey } from '../keys.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { deviceIdOf } from './device-id.js';
import { identityKeyPairOf } from './device-keys.js';

describe('deviceIdOf', () => {
  const random = seededRandomForTesting('device ids');
  const keys = Array.from({ length: 64 }, () => identityKeyPairOf(IdentityPrivateKey.generate(random)).publicKey);

  it('is a UUIDv8 for every key', () => {
    for (const key of keys) expect(deviceIdOf(key)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  });

  it('is the same for the same key and another for every other', () => {
    expect(new Set(keys.map(deviceIdOf)).size).toBe(keys.length);
    for (const key of keys) expect(deviceIdOf(key)).toBe(deviceIdOf(key));
  });
});
