import { createServerKeys } from '../../server-keys/key-ring.js';
import { signServerKeys, type ServerKeys } from '../../server-keys/server-keys.js';
import { seededRandomForTesting } from '../../testing/seeded-random.js';
import { toHex } from './hex.js';

export interface ServerKeysCase {
  readonly name: string;
  readonly trustRoot: string;
  readonly bytes: string;
  readonly signature: string;
  /** Outcome against the pin, or the reason of the refusal. */
  readonly expected: string;
}

export interface ServerKeysVectors {
  /** What was pinned at first contact: version 2. */
  readonly pinned: Omit<ServerKeysCase, 'name' | 'expected'>;
  readonly cases: readonly ServerKeysCase[];
}

/** A pinned server, and what it may and may not show later. */
export const serverKeysVectors = (): ServerKeysVectors => {
  const ring = createServerKeys(seededRandomForTesting('vectors: server'));
  const impostor = createServerKeys(seededRandomForTesting('vectors: impostor'));
  const root = ring.trustRootPrivateKey;
  if (root === undefined) throw new Error('A new key ring has its trust root.');
  const document = (change: Partial<ServerKeys>) => {
    const { bytes, signature } = signServerKeys({ ...ring.keys, version: 2, ...change }, root);
    return { trustRoot: toHex(ring.trustRoot), bytes: toHex(bytes), signature: toHex(signature) };
  };
  const pinned = document({});
  const foreign = { bytes: toHex(impostor.signed.bytes), signature: toHex(impostor.signed.signature) };
  return {
    pinned,
    cases: [
      { name: 'the pinned keys once more', ...pinned, expected: 'pinned' },
      { name: 'a higher version', ...document({ version: 3 }), expected: 'pinned' },
      { name: 'a lower version', ...document({ version: 1 }), expected: 'rolledBack' },
      {
        name: 'other keys of one version',
        ...document({ receiptKey: impostor.keys.receiptKey }),
        expected: 'twoOfOneVersion',
      },
      {
        name: "another root's certificate",
        ...document({ version: 3, certificate: impostor.keys.certificate }),
        expected: 'badCertificate',
      },
      { name: 'another root', trustRoot: toHex(impostor.trustRoot), ...foreign, expected: 'rootChanged' },
      { name: "another root's keys", trustRoot: pinned.trustRoot, ...foreign, expected: 'badSignature' },
      { name: 'a byte more', ...pinned, bytes: `${pinned.bytes}00`, expected: 'malformed' },
      { name: 'last byte missing', ...pinned, bytes: pinned.bytes.slice(0, -2), expected: 'malformed' },
      { name: 'a root of small order', ...pinned, trustRoot: `05${'00'.repeat(32)}`, expected: 'malformed' },
    ],
  };
};
