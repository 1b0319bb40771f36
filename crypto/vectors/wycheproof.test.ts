import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PrivateKey, PublicKey } from '@signalapp/libsignal-client';
import { describe, expect, it } from '@jest/globals';
import {
  chacha20Poly1305Decrypt,
  chacha20Poly1305Encrypt,
  ed25519Verify,
  x25519Agree,
  xchacha20Poly1305Decrypt,
  xchacha20Poly1305Encrypt,
} from '../backend/libsodium.js';
import {
  hkdfSha256,
  hmacSha256,
  mlKem768Decapsulate,
  mlKem768Encapsulate,
  mlKem768PublicKey,
} from '../backend/noble.js';
import { concatenate } from '../bytes.js';
import { isCurvePublicKey } from '../curve-key.js';
import {
  DeviceSigningPublicKey,
  Ed25519Signature,
  LinkKemCiphertext,
  LinkKemPublicKey,
  LinkKemSeed,
  type Bytes,
} from '../keys.js';

/** Wycheproof (https://github.com/C2SP/wycheproof), testvectors_v1. The files lie beside the repository, not in it. */
const FOLDER = fileURLToPath(new URL('../../../shared/vectors/wycheproof/', import.meta.url));

interface Case {
  readonly tcId: number;
  readonly comment?: string;
  readonly flags?: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly [field: string]: unknown;
}
interface Group {
  readonly tests: readonly Case[];
  readonly [field: string]: unknown;
}

/** What a case came to. `skipped` names a reason; everything else is an assertion. */
type Outcome = 'accepted' | 'refused' | { readonly skipped: string };

const hex = (source: Readonly<Record<string, unknown>>, field: string): Bytes =>
  new Uint8Array(Buffer.from(String(source[field]), 'hex'));

/** The rest of a file that we have no use for, by what it is about. */
const UNUSED_FILES: Readonly<Record<string, string>> = {
  'mlkem_768_semi_expanded_decaps_test.json': 'private keys are kept as seeds, so an expanded one is never read',
};

const isSame = (left: Bytes, right: Bytes): boolean => Buffer.from(left).equals(Buffer.from(right));

const x25519 = (test: Case): Outcome => {
  const publicKey = Uint8Array.of(5, ...hex(test, 'public'));
  if (!isCurvePublicKey(publicKey)) return 'refused';
  const shared = PrivateKey.deserialize(hex(test, 'private')).agree(PublicKey.deserialize(publicKey));
  const agreed = x25519Agree(hex(test, 'private'), hex(test, 'public'));
  if (agreed === undefined || !isSame(agreed, shared)) return 'refused';
  return isSame(shared, hex(test, 'shared')) ? 'accepted' : 'refused';
};

const ed25519 = (test: Case, group: Group): Outcome => {
  const { pk } = group['publicKey'] as { readonly pk: string };
  const publicKey = DeviceSigningPublicKey.parse(hex({ pk }, 'pk'));
  const signature = Ed25519Signature.parse(hex(test, 'sig'));
  return publicKey && signature && ed25519Verify(publicKey, hex(test, 'msg'), signature) ? 'accepted' : 'refused';
};

const aead =
  (nonceLength: number, encrypt: typeof chacha20Poly1305Encrypt, decrypt: typeof chacha20Poly1305Decrypt) =>
  (test: Case): Outcome => {
    const [key, nonce, aad, message] = [hex(test, 'key'), hex(test, 'iv'), hex(test, 'aad'), hex(test, 'msg')];
    if (nonce.length !== nonceLength) return { skipped: `nonces are ${nonceLength} bytes by construction` };
    const ciphertext = concatenate(hex(test, 'ct'), hex(test, 'tag'));
    const opened = decrypt(key, nonce, ciphertext, aad);
    if (opened === undefined) return 'refused';
    const sealed = encrypt(key, nonce, message, aad);
    return isSame(opened, message) && isSame(sealed, ciphertext) ? 'accepted' : 'refused';
  };

const hkdf = (test: Case): Outcome => {
  const [salt, info] = [hex(test, 'salt'), hex(test, 'info')];
  try {
    const output = hkdfSha256(hex(test, 'ikm'), { salt, info, length: Number(test['size']) });
    return isSame(output, hex(test, 'okm')) ? 'accepted' : 'refused';
  } catch {
    return 'refused';
  }
};

const hmac = (test: Case, group: Group): Outcome => {
  const tag = hmacSha256(hex(test, 'key'), hex(test, 'msg')).subarray(0, Number(group['tagSize']) / 8);
  return isSame(new Uint8Array(tag), hex(test, 'tag')) ? 'accepted' : 'refused';
};

const mlKemKeys = (test: Case): Outcome => {
  try {
    return isSame(mlKem768PublicKey(hex(test, 'seed')), hex(test, 'ek')) ? 'accepted' : 'refused';
  } catch {
    return 'refused';
  }
};

/** Lengths are the roles' to check, as in the program. */
const mlKemDecapsulates = (test: Case): Outcome => {
  const seed = LinkKemSeed.parse(hex(test, 'seed'));
  const ciphertext = LinkKemCiphertext.parse(hex(test, 'c'));
  if (seed === undefined || ciphertext === undefined) return 'refused';
  if (mlKemKeys(test) === 'refused') return 'refused';
  return isSame(mlKem768Decapsulate(seed.unwrap(), ciphertext), hex(test, 'K')) ? 'accepted' : 'refused';
};

const mlKemEncapsulates = (test: Case): Outcome => {
  const publicKey = LinkKemPublicKey.parse(hex(test, 'ek'));
  const encapsulated = publicKey && mlKem768Encapsulate(publicKey, hex(test, 'm'));
  if (encapsulated === undefined) return 'refused';
  return isSame(encapsulated.ciphertext, hex(test, 'c')) && isSame(encapsulated.sharedSecret, hex(test, 'K'))
    ? 'accepted'
    : 'refused';
};

interface Suite {
  readonly file: string;
  readonly judge: (test: Case, group: Group) => Outcome;
  /** What `acceptable` means here. Without it none may occur. */
  readonly acceptable?: (test: Case) => 'accepted' | 'refused';
  readonly skipped: Readonly<Record<string, number>>;
}

/** Points that no honest end could have sent are refused although RFC 7748 lets implementations go on with them. */
const X25519_REFUSED = new Set(['LowOrderPublic', 'ZeroSharedSecret', 'NonCanonicalPublic', 'SmallPublicKey']);

const SUITES: readonly Suite[] = [
  {
    file: 'x25519_test.json',
    judge: x25519,
    acceptable: (test) => ((test.flags ?? []).some((flag) => X25519_REFUSED.has(flag)) ? 'refused' : 'accepted'),
    skipped: {},
  },
  { file: 'ed25519_test.json', judge: ed25519, skipped: {} },
  {
    file: 'xchacha20_poly1305_test.json',
    judge: aead(24, xchacha20Poly1305Encrypt, xchacha20Poly1305Decrypt),
    skipped: { 'nonces are 24 bytes by construction': 9 },
  },
  { file: 'hkdf_sha256_test.json', judge: hkdf, skipped: {} },
  { file: 'hmac_sha256_test.json', judge: hmac, skipped: {} },
  { file: 'mlkem_768_keygen_seed_test.json', judge: mlKemKeys, skipped: {} },
  { file: 'mlkem_768_test.json', judge: mlKemDecapsulates, skipped: {} },
  { file: 'mlkem_768_encaps_test.json', judge: mlKemEncapsulates, skipped: {} },
  {
    file: 'chacha20_poly1305_test.json',
    judge: aead(12, chacha20Poly1305Encrypt, chacha20Poly1305Decrypt),
    skipped: { 'nonces are 12 bytes by construction': 9 },
  },
];

const load = (file: string): { readonly testGroups: readonly Group[]; readonly numberOfTests: number } =>
  JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8'));

const expected = (test: Case, suite: Suite): Outcome => {
  switch (test.result) {
    case 'valid':
      return 'accepted';
    case 'invalid':
      return 'refused';
    case 'acceptable':
      if (suite.acceptable === undefined) throw new Error(`${suite.file}: nobody said what "acceptable" means here.`);
      return suite.acceptable(test);
  }
};

const run = (suite: Suite) => {
  const { testGroups, numberOfTests } = load(suite.file);
  const wrong: string[] = [];
  const skipped: Record<string, number> = {};
  let seen = 0;
  for (const group of testGroups)
    for (const test of group.tests) {
      seen += 1;
      const outcome = suite.judge(test, group);
      if (typeof outcome === 'object') skipped[outcome.skipped] = (skipped[outcome.skipped] ?? 0) + 1;
      else if (outcome !== expected(test, suite))
        wrong.push(`${test.tcId} (${test.result}, ${test.comment ?? ''} ${String(test.flags)}): ${outcome}`);
    }
  return { wrong, skipped, seen, numberOfTests };
};

const say = (line: string) => process.stdout.write(`Wycheproof: ${line}\n`);

if (existsSync(FOLDER)) {
  describe('Wycheproof', () => {
    it.each(SUITES)('$file', (suite) => {
      const { wrong, skipped, seen, numberOfTests } = run(suite);
      for (const [reason, count] of Object.entries(skipped)) say(`${suite.file}: ${count} skipped, ${reason}`);
      expect(wrong).toEqual([]);
      expect(seen).toBe(numberOfTests);
      expect(skipped).toEqual(suite.skipped);
    });

    it('has no file that is neither used nor named as unused', () => {
      for (const [file, reason] of Object.entries(UNUSED_FILES))
        say(`${file}: all ${load(file).numberOfTests} skipped, ${reason}`);
      const named = [...SUITES.map(({ file }) => file), ...Object.keys(UNUSED_FILES)];
      expect(readdirSync(FOLDER).toSorted()).toEqual(named.toSorted());
    });
  });
} else if (process.env['CI'] === 'true') {
  it('finds the Wycheproof files', () => {
    throw new Error('shared/vectors/wycheproof is missing beside the repository: CI must run these vectors.');
  });
} else {
  say('skipped, shared/vectors/wycheproof is not there beside the repository');
  it.skip('Wycheproof: the files are not there', () => undefined);
}
