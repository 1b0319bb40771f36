import { sha256 } from '../backend/noble.js';
import { labelBytes } from '../bytes.js';
import { ArchiveDigest, type ArchiveHeaderBytes, type ArchiveSegmentBytes } from '../keys.js';
import { LABELS } from '../labels.js';

/** How far an archive has been written or read, and a hash over all of that: what either end keeps to go on after a cut. */
export interface ArchivePosition {
  /** How many segments. */
  readonly segments: number;
  /** After the last segment: the digest of the archive. */
  readonly digest: ArchiveDigest;
}

/** Before the first segment. */
export const archiveBeginning = (header: ArchiveHeaderBytes): ArchivePosition => ({
  segments: 0,
  digest: ArchiveDigest.of(sha256(labelBytes(LABELS.archiveDigest), header)),
});

/** After one segment more. */
export const positionAfter = (
  { segments, digest }: ArchivePosition,
  segment: ArchiveSegmentBytes,
): ArchivePosition => ({
  segments: segments + 1,
  digest: ArchiveDigest.of(sha256(labelBytes(LABELS.archiveDigest), digest, sha256(segment))),
});
