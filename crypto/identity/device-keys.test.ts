import { describe, expect, it } from '@jest/globals';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { deviceIdOf } from './device-id.js';
import { generateDeviceKeys, identityKeyPairOf } from './device-keys.js';

/** Randomness of which the one draw of four bytes, for the registration id, is known. */
const withRegistrationDraw = (draw: number) => {
  const seeded = seededRandomForTesting('device keys');
  return {
    bytes: (length: number) => {
      if (length !== 4) return seeded.bytes(length);
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, draw);
      return bytes;
    },
  };
};

describe('generateDeviceKeys', () => {
  it.each([
    [0, 1],
    [16_382, 16_383],
    [16_383, 1],
    [0xffff_ffff, 16],
  ])('makes of the draw %i the registration id %i, never 0', (draw, id) => {
    expect(generateDeviceKeys(withRegistrationDraw(draw)).registrationId).toBe(id);
  });

  it('names the device after its identity key', () => {
    const keys = generateDeviceKeys(seededRandomForTesting('device keys'));
    expect(keys.deviceId).toBe(deviceIdOf(keys.identityKeyPair.publicKey));
    expect(identityKeyPairOf(keys.identityKeyPair.privateKey).publicKey).toEqual(keys.identityKeyPair.publicKey);
  });
});
