import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ArchiveRecord, HistoryKey, type ArchiveSegmentBytes, type Bytes } from '../keys.js';
import { outcomeOf, testArchive, testRecord, writeArchive } from '../testing/archive-samples.js';
import { acceptedCorruptions } from '../testing/corruption.js';
import { counted, LONG_TEST_MS, sampled, TEST_SEED } from '../testing/scale.js';
import { SeededChoice } from '../testing/seeded-choice.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { openArchive } from './archive-header.js';
import { ArchiveReader } from './archive-reader.js';
import { openSegment, sealSegment } from './archive-segment.js';
import { ArchiveWriter, type WrittenSegment } from './archive-writer.js';

const random = seededRandomForTesting('archive');
const choice = new SeededChoice(TEST_SEED);
const archive = testArchive('own');
const foreign = testArchive('foreign');
const PREFIX_LENGTH = 'sotto/archive-segment/1'.length + 16 + 4 + 1 + 24;
const SEALED_CHUNK = 65_536 + 17;

const sum = (records: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const record of records) hash.update(record);
  return hash.digest('hex');
};
const flipped = (bytes: Uint8Array, at: number): Bytes => {
  const changed = new Uint8Array(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
};
const readAll = (reader: ArchiveReader, segments: readonly WrittenSegment[]): readonly ArchiveRecord[] =>
  segments.flatMap(({ bytes }) => {
    const verdict = reader.read(bytes);
    if (verdict.outcome === 'refused') throw new Error(`A segment was refused: ${verdict.reason}.`);
    return verdict.records;
  });

const records = Array.from({ length: 24 }, (_, index) => testRecord(index, 90_000 + index));
const segments = writeArchive(archive, records);
const others = writeArchive(foreign, records);
const bytesOf = (index: number): ArchiveSegmentBytes => segments[index]!.bytes;

describe('an archive', () => {
  it('gives back every record in order, with the digest that the writer computed', () => {
    expect(segments.length).toBeGreaterThan(2);
    const reader = new ArchiveReader(archive);
    const read = readAll(reader, segments);
    expect(read).toHaveLength(records.length);
    expect(sum(read)).toBe(sum(records));
    expect(reader.isComplete).toBe(true);
    expect(reader.position).toEqual(segments.at(-1)!.position);
  });

  it('has segments of whole chunks, at most 1 MiB, that say nothing of the lengths inside', () => {
    for (const { bytes } of segments) {
      expect(bytes.length).toBeLessThanOrEqual(1024 * 1024);
      expect((bytes.length - PREFIX_LENGTH) % SEALED_CHUNK).toBe(0);
    }
  });

  it('may be empty', () => {
    const [only] = writeArchive(archive, []);
    expect(openSegment(archive, 0, only!.bytes)).toEqual({ outcome: 'opened', records: [], isLast: true });
    expect(only!.bytes).toHaveLength(PREFIX_LENGTH + SEALED_CHUNK);
  });

  it('takes the largest record, and any number of the smallest', () => {
    const largest = Array.from({ length: 5 }, (_, index) => testRecord(index, 256 * 1024));
    const smallest = Array.from({ length: 200_000 }, (_, index) => testRecord(index, 1));
    for (const some of [largest, smallest])
      expect(sum(readAll(new ArchiveReader(archive), writeArchive(archive, some)))).toBe(sum(some));
    expect(ArchiveRecord.parse(new Uint8Array(256 * 1024 + 1))).toBeUndefined();
    expect(ArchiveRecord.parse(new Uint8Array(0))).toBeUndefined();
  });

  it('fills a segment to its last byte, and not beyond', () => {
    const whole = [
      ...Array.from({ length: 3 }, (_, index) => testRecord(index, 262_144)),
      testRecord(3, 983_040 - 3 * 262_148 - 4),
    ];
    expect(writeArchive(archive, whole)).toHaveLength(1);
    const oneMore = [...whole.slice(0, 3), testRecord(3, 983_040 - 3 * 262_148 - 3)];
    const two = writeArchive(archive, oneMore);
    expect(two).toHaveLength(2);
    expect(sum(readAll(new ArchiveReader(archive), two))).toBe(sum(oneMore));
  });

  it('leaves up to three bytes that are no length field', () => {
    for (const left of [0, 1, 2, 3, 4, 5]) {
      const [only] = writeArchive(archive, [testRecord(left, 65_536 - 4 - left)]);
      expect(openSegment(archive, 0, only!.bytes)).toMatchObject({ outcome: 'opened', isLast: true });
    }
  });

  it('can be cut early, so that the newest records arrive soon', () => {
    const writer = new ArchiveWriter(archive, random);
    expect(writer.cut()).toBeUndefined();
    writer.add(records[0]!);
    const early = writer.cut()!;
    expect(early).toMatchObject({ number: 0, isLast: false });
    writer.add(records[1]!);
    expect(sum(readAll(new ArchiveReader(archive), [early, writer.finish()]))).toBe(sum(records.slice(0, 2)));
  });

  it('takes nothing after its end', () => {
    const writer = new ArchiveWriter(archive, random);
    writer.finish();
    expect(() => writer.add(records[0]!)).toThrow('finished');
    expect(() => writer.cut()).toThrow('finished');
    expect(() => writer.finish()).toThrow('finished');
  });

  it('goes on after a crash of either end', () => {
    for (let after = 1; after < segments.length; after += 1) {
      const { position } = segments[after - 1]!;
      const reader = new ArchiveReader(archive, position);
      expect(reader.isComplete).toBe(false);
      readAll(reader, segments.slice(after));
      expect(reader.position).toEqual(segments.at(-1)!.position);
      const writer = new ArchiveWriter(archive, random, position);
      writer.add(records[0]!);
      expect(writer.finish()).toMatchObject({ number: after, isLast: true });
    }
  });

  it('never seals two segments alike, even with one number and the same records', () => {
    const plaintext = new Uint8Array(65_536);
    const place = { number: 0, isLast: true };
    const [one, other] = [0, 1].map(() => sealSegment(archive, place, { plaintext, random }));
    expect(Buffer.compare(one!, other!)).not.toBe(0);
  });

  it(
    'comes back for any records',
    () => {
      for (let round = 0; round < counted(2_000); round += 1) {
        const some = Array.from({ length: choice.below(12) }, (_, index) =>
          testRecord(index, 1 + choice.below(choice.chance(0.2) ? 262_144 : 2_000)),
        );
        expect(sum(readAll(new ArchiveReader(archive), writeArchive(archive, some)))).toBe(sum(some));
      }
    },
    LONG_TEST_MS,
  );
});

describe('P12: the segments of an archive', () => {
  it.each([
    ['doubled', [0, 0], 'outOfOrder'],
    ['reordered', [1, 0], 'outOfOrder'],
    ['with one left out', [0, 2], 'outOfOrder'],
    ['begun in the middle', [1], 'outOfOrder'],
  ])('are refused %s, and the right one is still taken', (_, order, reason) => {
    const reader = new ArchiveReader(archive);
    const outcomes = order.map((index) => outcomeOf(reader.read(bytesOf(index))));
    expect(outcomes).toContain(reason);
    const taken = outcomes.filter((outcome) => outcome === 'opened').length;
    expect(outcomeOf(reader.read(bytesOf(taken)))).toBe('opened');
  });

  it('are refused after the last one', () => {
    const reader = new ArchiveReader(archive);
    readAll(reader, segments);
    expect(outcomeOf(reader.read(bytesOf(segments.length - 1)))).toBe('outOfOrder');
    expect(outcomeOf(reader.read(bytesOf(0)))).toBe('outOfOrder');
  });

  it('are not all there when the last is missing', () => {
    const reader = new ArchiveReader(archive);
    readAll(reader, segments.slice(0, -1));
    expect(reader.isComplete).toBe(false);
    expect(reader.position).not.toEqual(segments.at(-1)!.position);
  });

  it('of another archive are refused, also when they take its name', () => {
    expect(outcomeOf(openSegment(archive, 0, others[0]!.bytes))).toBe('foreignArchive');
    const renamed = new Uint8Array(others[0]!.bytes);
    renamed.set(archive.archiveId, 'sotto/archive-segment/1'.length);
    expect(outcomeOf(openSegment(archive, 0, renamed))).toBe('damaged');
  });

  it('under another key, or under another header of the same archive, are refused', () => {
    const otherKey = { ...archive, historyKey: HistoryKey.generate(random) };
    expect(outcomeOf(openSegment(otherKey, 0, bytesOf(0)))).toBe('damaged');
    expect(outcomeOf(openSegment({ ...archive, header: foreign.header }, 0, bytesOf(0)))).toBe('damaged');
  });

  it('are refused when a number or the mark of the last one is changed', () => {
    const numberAt = 'sotto/archive-segment/1'.length + 16;
    const renumbered = new Uint8Array(bytesOf(1)).fill(0, numberAt, numberAt + 4);
    expect(outcomeOf(openSegment(archive, 0, renumbered))).toBe('damaged');
    expect(outcomeOf(openSegment(archive, 0, flipped(bytesOf(0), numberAt + 4)))).toBe('damaged');
    expect(outcomeOf(openSegment(archive, 0, new Uint8Array(bytesOf(0)).fill(2, numberAt + 4, numberAt + 5)))).toBe(
      'malformed',
    );
  });

  it('are refused when chunks inside are reordered, doubled, left out or taken from another segment', () => {
    const whole = bytesOf(0);
    const prefix = whole.subarray(0, PREFIX_LENGTH);
    const chunk = (segment: Uint8Array, index: number) =>
      segment.subarray(PREFIX_LENGTH + index * SEALED_CHUNK, PREFIX_LENGTH + (index + 1) * SEALED_CHUNK);
    const count = (whole.length - PREFIX_LENGTH) / SEALED_CHUNK;
    const chunks = Array.from({ length: count }, (_, index) => chunk(whole, index));
    const join = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat([prefix, ...parts]));
    const cases = {
      reordered: chunks.with(0, chunks[1]!).with(1, chunks[0]!),
      doubled: chunks.with(1, chunks[0]!),
      cut: chunks.slice(0, -1),
      'first left out': chunks.slice(1),
      'of another segment': chunks.with(0, chunk(bytesOf(1), 0)),
    };
    for (const parts of Object.values(cases)) expect(outcomeOf(openSegment(archive, 0, join(parts)))).toBe('damaged');
    expect(outcomeOf(openSegment(archive, 0, join([...chunks, ...chunks])))).toBe('malformed');
    expect(outcomeOf(openSegment(archive, 0, join(chunks)))).toBe('opened');
  });

  it(
    'are refused with any bit of their beginning flipped, and with others all over',
    () => {
      const [only] = writeArchive(archive, [testRecord(1, 500)]);
      const { bytes } = only!;
      for (let at = 0; at < PREFIX_LENGTH; at += 1)
        for (let bit = 0; bit < 8; bit += 1) {
          const changed = new Uint8Array(bytes);
          changed[at] = (changed[at] ?? 0) ^ (1 << bit);
          expect(outcomeOf(openSegment(archive, 0, changed))).not.toBe('opened');
        }
      for (const at of sampled(bytes.length, 200))
        expect(outcomeOf(openSegment(archive, 0, flipped(bytes, at)))).not.toBe('opened');
    },
    LONG_TEST_MS,
  );

  it('are refused at any other length', () => {
    const [only] = writeArchive(archive, [testRecord(1, 500)]);
    const { bytes } = only!;
    for (const length of sampled(bytes.length, 200))
      expect(outcomeOf(openSegment(archive, 0, bytes.subarray(0, length === bytes.length ? 0 : length)))).toBe(
        'malformed',
      );
    expect(outcomeOf(openSegment(archive, 0, Uint8Array.from([...bytes, 0])))).toBe('malformed');
    expect(outcomeOf(openSegment(archive, 0, new Uint8Array(2 * 1024 * 1024)))).toBe('malformed');
  });

  it('of a later version are called that', () => {
    const later = new Uint8Array(bytesOf(0));
    later['sotto/archive-segment/'.length] = 0x32;
    expect(outcomeOf(openSegment(archive, 0, later))).toBe('newerVersion');
  });

  it('are refused when what is inside is not what an honest writer makes', () => {
    const seal = (change: (plaintext: Bytes) => void, length = 65_536) => {
      const plaintext = new Uint8Array(length);
      change(plaintext);
      return outcomeOf(
        openSegment(archive, 0, sealSegment(archive, { number: 0, isLast: true }, { plaintext, random })),
      );
    };
    expect(seal(() => undefined)).toBe('opened');
    expect(seal((plaintext) => plaintext.set([0, 0, 0, 1, 9]))).toBe('opened');
    expect(seal((plaintext) => plaintext.set([0, 1, 0, 0, 9]))).toBe('damaged');
    expect(seal((plaintext) => plaintext.set([255, 255, 255, 255, 9]))).toBe('damaged');
    expect(seal((plaintext) => plaintext.set([0, 4, 0, 1, 9]), 5 * 65_536)).toBe('damaged');
    expect(seal((plaintext) => plaintext.set([0, 0, 0, 1, 9, 0, 0, 0, 0, 7]))).toBe('damaged');
    expect(seal((plaintext) => plaintext.set([1], 65_535))).toBe('damaged');
    expect(seal((plaintext) => plaintext.set([0, 0, 0, 1, 9]), 2 * 65_536)).toBe('damaged');
    expect(seal(() => undefined, 2 * 65_536)).toBe('damaged');
  });
});

describe('the header of an archive', () => {
  const { historyKey, header } = archive;

  it('opens with its key to what it was made with', () => {
    expect(openArchive(historyKey, header)).toEqual({ outcome: 'opened', archive });
  });

  it('is refused with any bit flipped and at any other length', () => {
    expect(acceptedCorruptions(header, (bytes) => openArchive(historyKey, bytes).outcome === 'opened')).toEqual([]);
  });

  it('is refused with another key, of a later version, and when it is none', () => {
    const reasonOf = (key: HistoryKey, bytes: Uint8Array) => {
      const verdict = openArchive(key, bytes);
      return verdict.outcome === 'refused' ? verdict.reason : verdict.outcome;
    };
    expect(reasonOf(HistoryKey.generate(random), header)).toBe('wrongKey');
    expect(reasonOf(historyKey, header.with('sotto/archive/'.length, 0x32))).toBe('newerVersion');
    expect(reasonOf(historyKey, new Uint8Array(0))).toBe('malformed');
    expect(reasonOf(historyKey, header.subarray(1))).toBe('malformed');
  });
});

describe('reading an archive from anywhere', () => {
  let noise: readonly Uint8Array[];
  beforeAll(() => {
    noise = Array.from({ length: counted(20_000) }, () => random.bytes(choice.below(400)));
  });

  it('never throws on bytes that are none', () => {
    for (const bytes of noise) {
      expect(outcomeOf(openSegment(archive, 0, bytes))).toBe('malformed');
      expect(openArchive(archive.historyKey, bytes).outcome).toBe('refused');
    }
  });
});
