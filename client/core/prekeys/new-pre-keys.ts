import {
  generateKyberPreKey,
  generatePreKey,
  generateSignedPreKey,
  identityKeyPairOf,
  KyberPreKeyRecord,
  parsePreKeyId,
  PreKeyRecord as OneTimePreKeyRecord,
  publicKyberPreKey,
  publicPreKey,
  publicSignedPreKey,
  SignedPreKeyRecord,
  verifyPreKeyUpload,
  type PreKeyId,
  type PreKeySigner,
} from '@sotto/crypto';
import type { Bytes, PreKeyUpload } from '@sotto/protocol/wire';
import type { DatedPreKeyRecord, NewPreKeys, PreKeyRecord, PreKeyStore } from './types.js';

interface PreKeyOrder {
  readonly oneTime: number;
  readonly kyberOneTime: number;
  readonly signed: boolean;
  readonly lastResort: boolean;
}

/** A libsignal record in either of its forms: the secret that crypto hands out, and the bytes that storage keeps. */
interface UnwrappableRecord {
  unwrap(): Bytes;
  purge(): void;
}

const keyId = (id: number): PreKeyId => {
  const parsed = parsePreKeyId(id);
  if (parsed === undefined) throw new Error(`the store reserved ${id}, which is no prekey id`);
  return parsed;
};

/** A copy for the encrypted database; the secret itself ends here. */
const kept = (id: PreKeyId, record: UnwrappableRecord): PreKeyRecord => {
  const bytes = new Uint8Array(record.unwrap());
  record.purge();
  return { id, record: bytes };
};

/** Makes new private halves under ids that the store has never given out. Nothing is stored yet. */
export const makePreKeys = (order: PreKeyOrder, store: PreKeyStore, signer: PreKeySigner): NewPreKeys => {
  const idsOf = (kind: 'oneTime' | 'signed' | 'kyber', count: number) => store.reserveIds(kind, count).map(keyId);
  const dated = (record: PreKeyRecord): DatedPreKeyRecord => ({ ...record, createdAt: signer.now });
  const kyber = (id: PreKeyId) => kept(id, generateKyberPreKey(id, signer));
  return {
    oneTime: idsOf('oneTime', order.oneTime).map((id) => kept(id, generatePreKey(id))),
    signed: idsOf('signed', order.signed ? 1 : 0).map((id) => dated(kept(id, generateSignedPreKey(id, signer)))),
    kyberOneTime: idsOf('kyber', order.kyberOneTime).map(kyber),
    kyberLastResort: idsOf('kyber', order.lastResort ? 1 : 0).map((id) => dated(kyber(id))),
  };
};

const withSecret = <Secret extends { purge(): void }, Public>(
  secret: Secret,
  read: (secret: Secret) => Public,
): Public => {
  try {
    return read(secret);
  } finally {
    secret.purge();
  }
};

/**
 * The public halves of stored keys, as they are uploaded. Verified first, as a sender would: keys that nobody can use would
 * leave this device unreachable, so they stop here with an error.
 */
export const uploadOf = (preKeys: NewPreKeys, signer: Pick<PreKeySigner, 'identityKey'>): PreKeyUpload => {
  const kyber = ({ record }: PreKeyRecord) => withSecret(KyberPreKeyRecord.of(record), publicKyberPreKey);
  const verdict = verifyPreKeyUpload(identityKeyPairOf(signer.identityKey).publicKey, {
    signedPreKey: preKeys.signed.map(({ record }) => withSecret(SignedPreKeyRecord.of(record), publicSignedPreKey))[0],
    lastResortKyberPreKey: preKeys.kyberLastResort.map(kyber)[0],
    oneTimePreKeys: preKeys.oneTime.map(({ record }) => withSecret(OneTimePreKeyRecord.of(record), publicPreKey)),
    oneTimeKyberPreKeys: preKeys.kyberOneTime.map(kyber),
  });
  if (verdict.outcome === 'refused') throw new Error(`own prekeys do not verify: ${verdict.reason}`);
  const { signedPreKey, lastResortKyberPreKey, oneTimePreKeys, oneTimeKyberPreKeys } = verdict.preKeys;
  return {
    ...(signedPreKey === undefined ? {} : { signedPreKey }),
    ...(lastResortKyberPreKey === undefined ? {} : { lastResortKyberPreKey }),
    oneTimePreKeys: [...oneTimePreKeys],
    oneTimeKyberPreKeys: [...oneTimeKyberPreKeys],
  };
};
