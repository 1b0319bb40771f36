import { constantTimeEqual } from '../constant-time.js';
import { ArchiveRecord, type Bytes } from '../keys.js';
import { wipe } from '../secret.js';

/** Every segment is so many bytes of records before encryption, or less in whole chunks (SPEC §13.2). */
export const CHUNK_LENGTH = 65_536;
export const MOST_CHUNKS = 15;
const CAPACITY = CHUNK_LENGTH * MOST_CHUNKS;
const LENGTH_FIELD = 4;

/** Whole chunks, at least one. */
const paddedLength = (length: number): number => Math.max(1, Math.ceil(length / CHUNK_LENGTH)) * CHUNK_LENGTH;

/** The records of one segment, gathered until no more fit. */
export class RecordBatch {
  readonly #bytes = new Uint8Array(CAPACITY);
  readonly #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Would the record still fit? */
  fits(record: ArchiveRecord): boolean {
    return this.#length + LENGTH_FIELD + record.length <= CAPACITY;
  }

  add(record: ArchiveRecord): void {
    this.#view.setUint32(this.#length, record.length);
    this.#bytes.set(record, this.#length + LENGTH_FIELD);
    this.#length += LENGTH_FIELD + record.length;
  }

  /** The records with zeros up to a whole number of chunks, at least one; empties the batch. */
  take(): Bytes {
    const taken = this.#bytes.slice(0, paddedLength(this.#length));
    wipe(this.#bytes);
    this.#length = 0;
    return taken;
  }
}

/** The records of a segment that has been decrypted; `undefined` if it is not what an honest writer makes. */
export const readRecords = (plaintext: Bytes): readonly ArchiveRecord[] | undefined => {
  const view = new DataView(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  const records: ArchiveRecord[] = [];
  let at = 0;
  while (at + LENGTH_FIELD <= plaintext.length) {
    const length = view.getUint32(at);
    if (length === 0) break;
    const end = at + LENGTH_FIELD + length;
    const record =
      end <= plaintext.length ? ArchiveRecord.parse(plaintext.subarray(at + LENGTH_FIELD, end)) : undefined;
    if (record === undefined) return undefined;
    records.push(record);
    at = end;
  }
  const padding = plaintext.subarray(at);
  const isLeast = plaintext.length === paddedLength(at);
  return isLeast && constantTimeEqual(padding, new Uint8Array(padding.length)) ? records : undefined;
};
