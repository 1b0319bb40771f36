import { describe, expect, it } from '@jest/globals';
import {
  generateKyberPreKey,
  generatePreKey,
  generateSignedPreKey,
  publicKyberPreKey,
  publicPreKey,
  publicSignedPreKey,
} from '../backend/libsignal-prekeys.js';
import { systemRandom } from '../backend/system-random.js';
import { generateDeviceKeys } from '../identity/device-keys.js';
import { present, preKeyId, START } from '../testing/test-party.js';
import { verifyPreKeyUpload, type UntrustedPreKeyUpload } from './prekey-upload.js';

const { identityKeyPair } = generateDeviceKeys(systemRandom);
const other = generateDeviceKeys(systemRandom).identityKeyPair;
const signer = { identityKey: identityKeyPair.privateKey, now: START };
const foreignSigner = { identityKey: other.privateKey, now: START };
const ids = [1, 2, 3].map(preKeyId);

const upload: UntrustedPreKeyUpload = {
  signedPreKey: publicSignedPreKey(generateSignedPreKey(preKeyId(1), signer)),
  lastResortKyberPreKey: publicKyberPreKey(generateKyberPreKey(preKeyId(9), signer)),
  oneTimePreKeys: ids.map((id) => publicPreKey(generatePreKey(id))),
  oneTimeKyberPreKeys: ids.map((id) => publicKyberPreKey(generateKyberPreKey(id, signer))),
};
const verdictOf = (changes: Partial<UntrustedPreKeyUpload>) => {
  const verdict = verifyPreKeyUpload(identityKeyPair.publicKey, { ...upload, ...changes });
  return verdict.outcome === 'refused' ? verdict.reason : verdict.outcome;
};

describe('an upload', () => {
  it('verifies as made, whole or in parts', () => {
    expect(verifyPreKeyUpload(identityKeyPair.publicKey, upload)).toEqual({ outcome: 'verified', preKeys: upload });
    expect(verdictOf({ signedPreKey: undefined, lastResortKyberPreKey: undefined })).toBe('verified');
    expect(verifyPreKeyUpload(identityKeyPair.publicKey, { oneTimePreKeys: [], oneTimeKyberPreKeys: [] })).toEqual({
      outcome: 'verified',
      preKeys: {
        signedPreKey: undefined,
        lastResortKyberPreKey: undefined,
        oneTimePreKeys: [],
        oneTimeKyberPreKeys: [],
      },
    });
  });

  it('of keys that another identity signed is refused', () => {
    const foreign = publicKyberPreKey(generateKyberPreKey(preKeyId(4), foreignSigner));
    expect(verdictOf({ signedPreKey: publicSignedPreKey(generateSignedPreKey(preKeyId(1), foreignSigner)) })).toBe(
      'signature',
    );
    expect(verdictOf({ lastResortKyberPreKey: foreign })).toBe('signature');
    expect(verdictOf({ oneTimeKyberPreKeys: [...upload.oneTimeKyberPreKeys, foreign] })).toBe('signature');
  });

  it('of keys that are none is refused', () => {
    const [first] = upload.oneTimePreKeys;
    expect(verdictOf({ oneTimePreKeys: [{ ...present(first), id: 0 }] })).toBe('malformed');
    expect(verdictOf({ oneTimePreKeys: [{ id: 1, publicKey: new Uint8Array(33) }] })).toBe('malformed');
    expect(verdictOf({ signedPreKey: { ...present(upload.signedPreKey), signature: new Uint8Array() } })).toBe(
      'malformed',
    );
  });

  it('of two keys with one id is refused', () => {
    const [first] = upload.oneTimePreKeys;
    const [firstKyber] = upload.oneTimeKyberPreKeys;
    expect(verdictOf({ oneTimePreKeys: [present(first), present(first)] })).toBe('repeatedId');
    expect(verdictOf({ oneTimeKyberPreKeys: [present(firstKyber), present(firstKyber)] })).toBe('repeatedId');
    expect(verdictOf({ lastResortKyberPreKey: firstKyber })).toBe('repeatedId');
  });

  it('may use one id for keys of different kinds', () => {
    expect(upload.signedPreKey?.id).toBe(upload.oneTimePreKeys[0]?.id);
    expect(upload.oneTimePreKeys[0]?.id).toBe(upload.oneTimeKyberPreKeys[0]?.id);
  });
});
