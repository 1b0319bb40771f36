import type { ArchiveRecord, Bytes } from '../keys.js';
import type { OpenArchive } from './archive-header.js';
import { ArchiveReader } from './archive-reader.js';
import type { BackupHeader } from './backup-header.js';

export type BackupPart =
  | { readonly outcome: 'records'; readonly records: readonly ArchiveRecord[] }
  /** `at`: where in the file the part begins that does not verify. What came before it is whole. */
  | { readonly outcome: 'damaged'; readonly at: number };

const LENGTH_FIELD = 4;
const MOST_SEGMENT_BYTES = 1024 * 1024;
const FIRST_BUFFER_BYTES = 64 * 1024;

/**
 * Reads the segments of a backup file as it streams in, in pieces of any length, from `header.length` on. Holds one segment in memory and
 * the piece that was handed in. After damage it reads no more.
 */
export class BackupReader {
  readonly #reader: ArchiveReader;
  /** What has arrived of the next segment is the beginning of it. */
  #buffer: Bytes = new Uint8Array(FIRST_BUFFER_BYTES);
  #waiting = 0;
  /** Where in the file that begins. */
  #at: number;
  #isDamaged = false;

  constructor(header: BackupHeader, archive: OpenArchive) {
    this.#at = header.length;
    this.#reader = new ArchiveReader(archive);
  }

  /** Takes the next piece of the file; gives back what has become whole with it. */
  read(piece: Uint8Array): readonly BackupPart[] {
    if (this.#isDamaged) return [];
    this.#append(piece);
    const parts: BackupPart[] = [];
    for (let end = this.#wholeEnd(); end !== undefined; end = this.#wholeEnd()) {
      const verdict = this.#reader.read(this.#buffer.subarray(LENGTH_FIELD, end));
      this.#isDamaged = verdict.outcome === 'refused';
      parts.push(
        verdict.outcome === 'opened'
          ? { outcome: 'records', records: verdict.records }
          : { outcome: 'damaged', at: this.#at },
      );
      this.#drop(end);
    }
    return parts;
  }

  /** To ask at the end of the file. */
  finish(): 'complete' | 'cutShort' | 'damaged' {
    if (this.#isDamaged) return 'damaged';
    return this.#reader.isComplete ? 'complete' : 'cutShort';
  }

  /** Where the segment ends that has arrived, or what can be none; `undefined` while more has to come. */
  #wholeEnd(): number | undefined {
    if (this.#isDamaged || this.#waiting === 0) return undefined;
    if (this.#reader.isComplete) return this.#waiting;
    if (this.#waiting < LENGTH_FIELD) return undefined;
    const end = LENGTH_FIELD + new DataView(this.#buffer.buffer).getUint32(0);
    if (end > LENGTH_FIELD + MOST_SEGMENT_BYTES) return this.#waiting;
    return this.#waiting < end ? undefined : end;
  }

  #append(piece: Uint8Array): void {
    const length = this.#waiting + piece.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#waiting));
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.#waiting);
    this.#waiting = length;
  }

  #drop(end: number): void {
    this.#buffer.copyWithin(0, end, this.#waiting);
    this.#waiting -= end;
    this.#at += end;
  }
}
