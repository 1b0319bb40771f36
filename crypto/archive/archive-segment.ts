import {
  SECRETSTREAM_HEADER_LENGTH,
  SECRETSTREAM_OVERHEAD,
  secretstreamOpen,
  secretstreamSeal,
} from '../backend/libsodium.js';
import { hkdfSha256, sha256 } from '../backend/noble.js';
import { CanonicalWriter, concatenate, isOfAnotherVersion, labelBytes, readCanonical, u32Bytes } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import type { RandomSource } from '../environment.js';
import { ArchiveSegmentBytes, type ArchiveRecord, type Bytes } from '../keys.js';
import { LABELS } from '../labels.js';
import { wipe } from '../secret.js';
import type { OpenArchive } from './archive-header.js';
import { CHUNK_LENGTH, MOST_CHUNKS, readRecords } from './archive-records.js';

/** Where a segment stands in its archive. */
export interface SegmentPlace {
  /** From 0, without a gap. */
  readonly number: number;
  /** No other follows. */
  readonly isLast: boolean;
}

export type SegmentRefusal =
  | 'malformed'
  | 'newerVersion'
  /** Of another archive, or under another header of this one. */
  | 'foreignArchive'
  /** Not the segment that was asked for: doubled, left out or moved. */
  | 'outOfOrder'
  /** Changed, cut inside, or sealed with another key. */
  | 'damaged';

export type SegmentVerdict =
  | { readonly outcome: 'opened'; readonly records: readonly ArchiveRecord[]; readonly isLast: boolean }
  | { readonly outcome: 'refused'; readonly reason: SegmentRefusal };

const SEALED_CHUNK_LENGTH = CHUNK_LENGTH + SECRETSTREAM_OVERHEAD;

/** A key for each place, from the history key and all of the header. */
const withSegmentKey = <Result>(archive: OpenArchive, number: number, use: (key: Bytes) => Result): Result => {
  const key = hkdfSha256(archive.historyKey.unwrap(), {
    salt: sha256(archive.header),
    info: concatenate(labelBytes(LABELS.archiveSegmentKey), u32Bytes(number)),
    length: 32,
  });
  try {
    return use(key);
  } finally {
    wipe(key);
  }
};

/**
 * Seals records that have been padded to whole chunks. The stream header is random, so that a segment which is made again after a
 * crash, with other records, never repeats a nonce.
 */
export const sealSegment = (
  archive: OpenArchive,
  place: SegmentPlace,
  content: { readonly plaintext: Bytes; readonly random: RandomSource },
): ArchiveSegmentBytes => {
  const streamHeader = content.random.bytes(SECRETSTREAM_HEADER_LENGTH);
  const prefix = new CanonicalWriter(LABELS.archiveSegment)
    .fixed(archive.archiveId)
    .u32(place.number)
    .u8(place.isLast ? 1 : 0)
    .fixed(streamHeader)
    .finish();
  const ciphertext = withSegmentKey(archive, place.number, (key) =>
    secretstreamSeal({ key, header: streamHeader, associatedData: prefix }, content.plaintext, CHUNK_LENGTH),
  );
  return ArchiveSegmentBytes.of(concatenate(prefix, ciphertext));
};

const parseSegment = (bytes: Bytes) =>
  readCanonical(bytes, LABELS.archiveSegment, (reader) => {
    const archiveId = reader.fixed(16);
    const number = reader.u32();
    const lastMark = reader.u8();
    const streamHeader = new Uint8Array(reader.fixed(SECRETSTREAM_HEADER_LENGTH));
    const ciphertext = new Uint8Array(reader.rest());
    const chunks = ciphertext.length / SEALED_CHUNK_LENGTH;
    const isWhole = Number.isInteger(chunks) && chunks >= 1 && chunks <= MOST_CHUNKS;
    if (!isWhole || lastMark > 1) return reader.refuse();
    return { archiveId, number, isLast: lastMark === 1, streamHeader, ciphertext };
  });

const refused = (reason: SegmentRefusal): SegmentVerdict => ({ outcome: 'refused', reason });

/**
 * Verifies and decrypts the segment with this number, on its own: no other has to be there. Nothing of it comes out before all of it
 * has been verified (SPEC §13.2).
 */
export const openSegment = (archive: OpenArchive, number: number, untrusted: Uint8Array): SegmentVerdict => {
  const bytes = ArchiveSegmentBytes.parse(untrusted);
  const segment = bytes && parseSegment(bytes);
  if (!bytes || !segment)
    return refused(isOfAnotherVersion(untrusted, LABELS.archiveSegment) ? 'newerVersion' : 'malformed');
  if (!constantTimeEqual(segment.archiveId, archive.archiveId)) return refused('foreignArchive');
  if (segment.number !== number) return refused('outOfOrder');
  const { streamHeader, ciphertext, isLast } = segment;
  const associatedData = bytes.slice(0, bytes.length - ciphertext.length);
  const plaintext = withSegmentKey(archive, number, (key) =>
    secretstreamOpen({ key, header: streamHeader, associatedData }, ciphertext, CHUNK_LENGTH),
  );
  const records = plaintext && readRecords(plaintext);
  if (plaintext !== undefined) wipe(plaintext);
  return records === undefined ? refused('damaged') : { outcome: 'opened', records, isLast };
};
