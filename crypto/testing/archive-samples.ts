import { createArchive, type OpenArchive } from '../archive/archive-header.js';
import type { SegmentVerdict } from '../archive/archive-segment.js';
import { ArchiveWriter, type WrittenSegment } from '../archive/archive-writer.js';
import { ArchiveId, ArchiveRecord, HistoryKey } from '../keys.js';
import { seededRandomForTesting } from './seeded-random.js';
import { NOW, testAccount } from './test-account.js';

/** A record of this length that a number fills, so that no two are alike. */
export const testRecord = (index: number, length: number): ArchiveRecord => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (index * 31 + at * 7 + (at >> 8)) & 0xff;
  return ArchiveRecord.of(bytes);
};

/** An archive of an account, the same for the same seed. */
export const testArchive = (seed: string): OpenArchive => {
  const random = seededRandomForTesting(seed);
  const historyKey = HistoryKey.generate(random);
  const { accountId } = testAccount(seed).account;
  return createArchive(historyKey, { archiveId: ArchiveId.of(random.bytes(16)), accountId, createdAt: NOW });
};

/** All segments of an archive with these records. */
export const writeArchive = (
  archive: OpenArchive,
  records: readonly ArchiveRecord[],
  seed = 'segments',
): readonly WrittenSegment[] => {
  const writer = new ArchiveWriter(archive, seededRandomForTesting(seed));
  const segments = records.flatMap((record) => writer.add(record) ?? []);
  return [...segments, writer.finish()];
};

/** `opened`, or why not. */
export const outcomeOf = (verdict: SegmentVerdict): string =>
  verdict.outcome === 'opened' ? 'opened' : verdict.reason;
