import type { RandomSource } from '../environment.js';
import type { ArchiveRecord, ArchiveSegmentBytes } from '../keys.js';
import { wipe } from '../secret.js';
import type { OpenArchive } from './archive-header.js';
import { archiveBeginning, positionAfter, type ArchivePosition } from './archive-position.js';
import { RecordBatch } from './archive-records.js';
import { sealSegment, type SegmentPlace } from './archive-segment.js';

/** A segment that is ready to be sent, and where the archive stands with it. */
export interface WrittenSegment extends SegmentPlace {
  readonly bytes: ArchiveSegmentBytes;
  readonly position: ArchivePosition;
}

/**
 * Writes an archive: records in, newest first; sealed segments out. Holds at most one segment in memory. To go on after a crash, make
 * one from the position of the last segment that was stored, and add the records that came after it.
 */
export class ArchiveWriter {
  readonly #archive: OpenArchive;
  readonly #random: RandomSource;
  readonly #batch = new RecordBatch();
  #position: ArchivePosition;
  #isFinished = false;

  constructor(archive: OpenArchive, random: RandomSource, from?: ArchivePosition) {
    this.#archive = archive;
    this.#random = random;
    this.#position = from ?? archiveBeginning(archive.header);
  }

  /** Takes a record; gives back the segment before it where that has become full. */
  add(record: ArchiveRecord): WrittenSegment | undefined {
    this.#assertOpen();
    const full = this.#batch.fits(record) ? undefined : this.#seal(false);
    this.#batch.add(record);
    return full;
  }

  /** Ends the present segment early, so that what is in it arrives sooner. `undefined` if nothing is in it. */
  cut(): WrittenSegment | undefined {
    this.#assertOpen();
    return this.#batch.isEmpty ? undefined : this.#seal(false);
  }

  /** The last segment. The writer takes no more. */
  finish(): WrittenSegment {
    this.#assertOpen();
    this.#isFinished = true;
    return this.#seal(true);
  }

  #seal(isLast: boolean): WrittenSegment {
    const place = { number: this.#position.segments, isLast };
    const plaintext = this.#batch.take();
    const bytes = sealSegment(this.#archive, place, { plaintext, random: this.#random });
    wipe(plaintext);
    this.#position = positionAfter(this.#position, bytes);
    return { ...place, bytes, position: this.#position };
  }

  #assertOpen(): void {
    if (this.#isFinished) throw new Error('This archive has been finished.');
  }
}
