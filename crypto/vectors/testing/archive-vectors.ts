import { BACKUP_HEADER_MOST_BYTES, readBackupHeader } from '../../archive/backup-header.js';
import { BackupWriter } from '../../archive/backup-writer.js';
import { concatenate } from '../../bytes.js';
import { HistoryKey } from '../../keys.js';
import { parsePassword } from '../../password/password.js';
import { testArchive, testRecord } from '../../testing/archive-samples.js';
import { ArchiveWriter } from '../../archive/archive-writer.js';
import { seededRandomForTesting } from '../../testing/seeded-random.js';
import { NOW, testAccount } from '../../testing/test-account.js';
import { toHex } from './hex.js';

/** One byte of a recorded string that is changed, so that long strings stand here once. */
export interface Change {
  readonly at: number;
  readonly xor: number;
}

export interface SegmentCase {
  readonly name: string;
  /** Which of `segments` are read one after the other, by number. */
  readonly order: string;
  /** In the last of them. */
  readonly change?: Change;
  /** Bytes left of the last of them. */
  readonly cut?: number;
  readonly expected: string;
}

export interface BackupCase {
  readonly name: string;
  readonly change?: Change;
  readonly cut?: number;
  readonly longer?: boolean;
  /** What comes of the header, and, where that is read, of the whole. */
  readonly expected: string;
  readonly damagedAt?: number;
}

const PASSPHRASE = 'correct horse battery staple';
const PREFIX = 'sotto/archive-segment/1'.length;

const segmentCases = (length: number): readonly SegmentCase[] => [
  { name: 'in order', order: '0 1 2', expected: 'complete' },
  { name: 'without the last', order: '0 1', expected: 'incomplete' },
  { name: 'doubled', order: '0 0', expected: 'outOfOrder' },
  { name: 'reordered', order: '1', expected: 'outOfOrder' },
  { name: 'one left out', order: '0 2', expected: 'outOfOrder' },
  { name: 'after the last', order: '0 1 2 2', expected: 'outOfOrder' },
  { name: 'archive id changed', order: '0', change: { at: PREFIX, xor: 1 }, expected: 'foreignArchive' },
  { name: 'number changed', order: '0 2', change: { at: PREFIX + 19, xor: 3 }, expected: 'damaged' },
  { name: 'mark of the last changed', order: '0', change: { at: PREFIX + 20, xor: 1 }, expected: 'damaged' },
  { name: 'mark of the last is 2', order: '0', change: { at: PREFIX + 20, xor: 2 }, expected: 'malformed' },
  { name: 'stream header changed', order: '0', change: { at: PREFIX + 21, xor: 1 }, expected: 'damaged' },
  { name: 'last byte changed', order: '0', change: { at: length - 1, xor: 1 }, expected: 'damaged' },
  { name: 'cut by a byte', order: '0', cut: length - 1, expected: 'malformed' },
  { name: 'format of version 2', order: '0', change: { at: PREFIX - 1, xor: 3 }, expected: 'newerVersion' },
];

const archiveVectors = () => {
  const archive = testArchive('vectors: archive');
  const writer = new ArchiveWriter(archive, seededRandomForTesting('vectors: segments'));
  const records = [testRecord(1, 1), testRecord(2, 300), testRecord(3, 40)];
  const segments = records.map((record, index) => {
    writer.add(record);
    const written = index === records.length - 1 ? writer.finish() : writer.cut();
    if (written === undefined) throw new Error('A segment with a record in it is written.');
    return written;
  });
  const versionAt = 'sotto/archive/'.length;
  const timeAt = archive.header.length - 33;
  return {
    historyKey: toHex(archive.historyKey.unwrap()),
    header: toHex(archive.header),
    archiveId: toHex(archive.archiveId),
    accountId: archive.accountId,
    createdAt: archive.createdAt,
    records: records.map(toHex),
    segments: segments.map((segment) => toHex(segment.bytes)),
    digests: segments.map((segment) => toHex(segment.position.digest)),
    headerCases: [
      { name: 'its own', header: toHex(archive.header), expected: 'opened' },
      {
        name: 'changed time',
        header: toHex(archive.header.with(timeAt, (archive.header.at(timeAt) ?? 0) ^ 1)),
        expected: 'wrongKey',
      },
      {
        name: 'changed tag',
        header: toHex(archive.header.with(archive.header.length - 1, (archive.header.at(-1) ?? 0) ^ 1)),
        expected: 'wrongKey',
      },
      { name: 'last byte missing', header: toHex(archive.header.subarray(0, -1)), expected: 'malformed' },
      { name: 'version 2', header: toHex(archive.header.with(versionAt, 0x32)), expected: 'newerVersion' },
    ],
    otherKey: toHex(HistoryKey.generate(seededRandomForTesting('vectors: other history key')).unwrap()),
    cases: segmentCases(segments[0]?.bytes.length ?? 0),
  };
};

const backupVectors = async () => {
  const { account } = testAccount('vectors: backup');
  const passphrase = parsePassword(PASSPHRASE);
  const environment = { clock: { now: () => NOW }, random: seededRandomForTesting('vectors: backup file') };
  const writer = await BackupWriter.begin(account.accountId, { passphrase, root: account.root }, environment);
  const records = [testRecord(4, 100), testRecord(5, 7)];
  const parts = records.flatMap((record) => writer.add(record) ?? []);
  const file = concatenate(writer.header, ...parts, writer.finish());
  const verdict = readBackupHeader(file.subarray(0, BACKUP_HEADER_MOST_BYTES));
  if (verdict.outcome === 'refused') throw new Error('The header of the generator is refused.');
  const { length } = verdict.header;
  const cases: readonly BackupCase[] = [
    { name: 'whole', expected: 'complete' },
    { name: 'last byte missing', cut: file.length - 1, expected: 'cutShort' },
    { name: 'nothing behind the header', cut: length, expected: 'cutShort' },
    { name: 'header cut', cut: length - 1, expected: 'cutShort' },
    { name: 'a byte more', longer: true, expected: 'damaged', damagedAt: file.length },
    {
      name: 'a byte of the segment changed',
      change: { at: file.length - 9, xor: 4 },
      expected: 'damaged',
      damagedAt: length,
    },
    { name: 'a byte of a slot changed', change: { at: length - 100, xor: 1 }, expected: 'damaged' },
    { name: 'another beginning', change: { at: 0, xor: 1 }, expected: 'notABackup' },
    { name: 'version 2', change: { at: 'sotto/backup-file/'.length, xor: 3 }, expected: 'newerVersion' },
  ];
  return {
    passphrase: PASSPHRASE,
    recoverySeed: toHex(account.recoverySeed.unwrap()),
    file: toHex(file),
    records: records.map(toHex),
    cases,
  };
};

/** Everything of SPEC §12.1 to §12.4. */
export const archiveAndBackupVectors = async () => ({ archive: archiveVectors(), backup: await backupVectors() });
export type ArchiveAndBackupVectors = Awaited<ReturnType<typeof archiveAndBackupVectors>>;
