import { PublicKey, SenderCertificate } from '@signalapp/libsignal-client';
import { describe, expect, it } from '@jest/globals';
import { deviceIdOf } from '../identity/device-id.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { at, NOW, testAccount } from '../testing/test-account.js';
import { createServerKeys, encodeServerKeyRing, issueSenderCertificate, loadServerKeys } from './key-ring.js';
import { verifyServerKeys } from './server-keys.js';

const ring = createServerKeys(seededRandomForTesting('server'));
const other = encodeServerKeyRing(createServerKeys(seededRandomForTesting('other server')));
const stored = encodeServerKeyRing(ring);
const { account } = testAccount('certified');
const device = { deviceId: account.device.deviceId, identityKey: account.device.identityKeyPair.publicKey };

describe('a new key ring', () => {
  it('is signed by its own trust root, as version 1', () => {
    expect(verifyServerKeys(ring.trustRoot, ring.signed).outcome).toBe('valid');
    expect(ring.keys.version).toBe(1);
  });

  it('is another for every server', () => {
    for (const [name, bytes] of stored) expect(other.get(name)).not.toEqual(bytes);
  });
});

describe('a stored key ring', () => {
  it('comes back as it was', () => {
    const loaded = loadServerKeys(stored);
    expect(loaded.signed).toEqual(ring.signed);
    expect(loaded.keys).toEqual(ring.keys);
    expect(encodeServerKeyRing(loaded)).toEqual(stored);
  });

  it('comes back without the private trust root, once that is offline', () => {
    const parts = new Map(stored);
    parts.delete('trust-root-private');
    const loaded = loadServerKeys(parts);
    expect(loaded.trustRootPrivateKey).toBeUndefined();
    expect(encodeServerKeyRing(loaded)).toEqual(parts);
  });

  it('leaves the other secrets of the server aside', () => {
    expect(loadServerKeys(new Map([...stored, ['token-key', new Uint8Array(32)]])).keys).toEqual(ring.keys);
  });

  it.each(['trust-root', 'certificate-key', 'receipt-key', 'server-keys', 'server-keys-signature'])(
    'does not load without %s, and says so without showing bytes',
    (name) => {
      const parts = new Map(stored);
      parts.delete(name);
      expect(() => loadServerKeys(parts)).toThrow(`The stored server secret "${name}" is missing or damaged.`);
    },
  );

  it.each(['trust-root', 'trust-root-private', 'certificate-key', 'receipt-key', 'server-keys-signature'])(
    'does not load with %s cut short',
    (name) => {
      const parts = new Map<string, Uint8Array>(stored);
      parts.set(name, parts.get(name)!.subarray(1));
      expect(() => loadServerKeys(parts)).toThrow(`The stored server secret "${name}" is missing or damaged.`);
    },
  );

  it.each([
    ['trust-root', 'do not verify'],
    ['server-keys', 'do not verify'],
    ['server-keys-signature', 'do not verify'],
    ['certificate-key', 'certificate key is not the one'],
    ['receipt-key', 'receipt key is not the one'],
    ['trust-root-private', 'private trust root is not the one'],
  ])('does not load with the %s of another server', (name, message) => {
    const parts = new Map(stored);
    parts.set(name, other.get(name)!);
    expect(() => loadServerKeys(parts)).toThrow(message);
  });
});

describe('a sender certificate', () => {
  const expiresAt = at(NOW + 24 * 3_600_000);
  const certificate = SenderCertificate.deserialize(issueSenderCertificate(ring, device, expiresAt));
  const root = PublicKey.deserialize(ring.trustRoot);

  it('names the device and its identity key, and nothing of its account', () => {
    expect(certificate.senderUuid()).toBe(deviceIdOf(device.identityKey));
    expect(certificate.senderDeviceId()).toBe(1);
    expect(certificate.senderE164()).toBeNull();
    expect(certificate.key().serialize()).toEqual(device.identityKey);
  });

  it('is valid under the trust root until it expires', () => {
    expect(certificate.validateWithTrustRoots([root], NOW)).toBe(true);
    expect(certificate.validateWithTrustRoots([root], expiresAt)).toBe(true);
    expect(certificate.validateWithTrustRoots([root], expiresAt + 1)).toBe(false);
  });

  it('is not valid under a foreign trust root', () => {
    const foreign = PublicKey.deserialize(new Uint8Array(other.get('trust-root')!));
    expect(certificate.validateWithTrustRoots([foreign], NOW)).toBe(false);
  });

  it('carries the server certificate that the root-signed document names', () => {
    expect(certificate.serverCertificate().serialize()).toEqual(ring.keys.certificate);
  });
});
