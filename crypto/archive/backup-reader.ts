import { concatenate } from '../bytes.js';
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

const lengthField = (bytes: Bytes): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);

/**
 * Reads the segments of a backup file as it streams in, in pieces of any length, from `header.length` on. Holds one segment in memory and
 * the piece that was handed in. After damage it reads no more.
 */
export class BackupReader {
  readonly #reader: ArchiveReader;
  #waiting: Uint8Array[] = [];
  #waitingLength = 0;
  /** Where in the file the bytes begin that wait. */
  #at: number;
  #isDamaged = false;
  /** Of the segment that waits, once its length field is there. */
  #segmentLength: number | undefined;

  constructor(header: BackupHeader, archive: OpenArchive) {
    this.#at = header.length;
    this.#reader = new ArchiveReader(archive);
  }

  /** Takes the next piece of the file; gives back what has become whole with it. */
  read(piece: Uint8Array): readonly BackupPart[] {
    if (this.#isDamaged) return [];
    this.#waiting.push(piece);
    this.#waitingLength += piece.length;
    const parts: BackupPart[] = [];
    let bytes = this.#joinedWhenEnough();
    while (bytes !== undefined && !this.#isDamaged) {
      const part = this.#readSegment(bytes);
      parts.push(part);
      this.#isDamaged = part.outcome === 'damaged';
      bytes = this.#joinedWhenEnough();
    }
    return parts;
  }

  /** To ask at the end of the file. */
  finish(): 'complete' | 'cutShort' | 'damaged' {
    if (this.#isDamaged) return 'damaged';
    return this.#reader.isComplete ? 'complete' : 'cutShort';
  }

  /** All that waits, as soon as a whole segment is among it, or something that can be none. */
  #joinedWhenEnough(): Bytes | undefined {
    if (this.#waitingLength === 0) return undefined;
    if (this.#reader.isComplete) return this.#join();
    if (this.#waitingLength < LENGTH_FIELD) return undefined;
    if (this.#segmentLength === undefined) this.#segmentLength = lengthField(this.#join());
    const isEnough =
      this.#segmentLength > MOST_SEGMENT_BYTES || this.#waitingLength >= LENGTH_FIELD + this.#segmentLength;
    return isEnough ? this.#join() : undefined;
  }

  #join(): Bytes {
    const joined = concatenate(...this.#waiting);
    this.#waiting = [joined];
    return joined;
  }

  #readSegment(bytes: Bytes): BackupPart {
    const end = LENGTH_FIELD + (this.#segmentLength ?? 0);
    const verdict = this.#reader.read(bytes.subarray(LENGTH_FIELD, end));
    if (verdict.outcome === 'refused') return { outcome: 'damaged', at: this.#at };
    this.#at += end;
    this.#waiting = [bytes.subarray(end)];
    this.#waitingLength -= end;
    this.#segmentLength = undefined;
    return { outcome: 'records', records: verdict.records };
  }
}
