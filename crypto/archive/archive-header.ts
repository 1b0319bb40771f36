import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import { hkdfSha256, sha256 } from '../backend/noble.js';
import { CanonicalWriter, concatenate, isOfAnotherVersion, labelBytes, readCanonical } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import { ArchiveHeaderBytes, ArchiveId, type Bytes, type HistoryKey } from '../keys.js';
import { LABELS } from '../labels.js';

/** What an archive is (SPEC §13.1). */
export interface ArchiveIdentity {
  readonly archiveId: ArchiveId;
  readonly accountId: AccountId;
  readonly createdAt: UnixMs;
}

/** An archive whose key is at hand and fits: what its segments are sealed and opened with. */
export interface OpenArchive extends ArchiveIdentity {
  readonly historyKey: HistoryKey;
  readonly header: ArchiveHeaderBytes;
}

export type ArchiveHeaderVerdict =
  | { readonly outcome: 'opened'; readonly archive: OpenArchive }
  | { readonly outcome: 'refused'; readonly reason: 'malformed' | 'newerVersion' | 'wrongKey' };

const TAG_LENGTH = 32;

const encodeIdentity = ({ archiveId, accountId, createdAt }: ArchiveIdentity): Bytes =>
  new CanonicalWriter(LABELS.archive).fixed(archiveId).id(accountId).u64(createdAt).finish();

/** Binds the header to the key, and the key to the header: no second key opens the same archive to something else. */
const headerTag = (historyKey: HistoryKey, identity: Bytes): Bytes =>
  hkdfSha256(historyKey.unwrap(), {
    salt: sha256(identity),
    info: labelBytes(LABELS.archiveHeaderTag),
    length: TAG_LENGTH,
  });

/** Begins an archive under a history key of its own. */
export const createArchive = (historyKey: HistoryKey, identity: ArchiveIdentity): OpenArchive => {
  const encoded = encodeIdentity(identity);
  const header = ArchiveHeaderBytes.of(concatenate(encoded, headerTag(historyKey, encoded)));
  return { ...identity, historyKey, header };
};

const parseHeader = (bytes: Uint8Array) =>
  readCanonical(bytes, LABELS.archive, (reader) => ({
    identity: {
      archiveId: ArchiveId.of(reader.fixed(16)),
      accountId: reader.accountId(),
      createdAt: reader.time(),
    },
    tag: new Uint8Array(reader.fixed(TAG_LENGTH)),
  }));

/** Takes up an archive by its header and the key that was handed over for it. */
export const openArchive = (historyKey: HistoryKey, untrusted: Uint8Array): ArchiveHeaderVerdict => {
  const header = ArchiveHeaderBytes.parse(untrusted);
  const parsed = header && parseHeader(header);
  if (!header || !parsed) {
    const isNewer = isOfAnotherVersion(untrusted, LABELS.archive);
    return { outcome: 'refused', reason: isNewer ? 'newerVersion' : 'malformed' };
  }
  const { identity, tag } = parsed;
  return constantTimeEqual(tag, headerTag(historyKey, encodeIdentity(identity)))
    ? { outcome: 'opened', archive: { ...identity, historyKey, header } }
    : { outcome: 'refused', reason: 'wrongKey' };
};
