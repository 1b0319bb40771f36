import { Plaintext, type LinkGrant, type PasswordKey } from '@sotto/crypto';
import { encodeProvisioning, type HistoryOffer } from '@sotto/protocol/content';
import { restoreServerPin } from '../account/server-contact.js';
import type { AccountRecord } from '../account/types.js';
import type { StorageRecordPlace } from './types.js';

/** What an authorised device hands over in M4 (SPEC §10): never a private key of its own, nor of the root. */
export const provisioningOf = (
  { accountId, username, keys, server, stretch }: AccountRecord,
  given: {
    readonly grant: LinkGrant;
    readonly passwordKey: PasswordKey;
    readonly storageRecord: StorageRecordPlace;
    readonly history: HistoryOffer | undefined;
  },
): Plaintext => {
  const { grant, passwordKey, storageRecord, history } = given;
  const bytes = encodeProvisioning({
    accountId,
    username,
    accountIdentityKey: keys.accountIdentityKey,
    recoveryPublicKey: keys.recoveryPublicKey,
    trustRoot: server.trustRoot,
    serverKeysVersion: restoreServerPin(server).keys.version,
    stretch: { salt: stretch.salt, ...stretch.cost },
    passwordKey: passwordKey.unwrap(),
    storageKey: keys.storageKey,
    profileKey: keys.profileKey,
    storageRecordVersion: storageRecord.version,
    storageRecordHash: storageRecord.hash,
    certificate: grant.certificate,
    list: grant.list.bytes,
    listSignature: grant.list.signature,
    history,
  });
  const payload = Plaintext.of(bytes);
  bytes.fill(0);
  return payload;
};
