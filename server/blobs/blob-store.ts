import { randomBytes } from 'node:crypto';
import type { Bytes } from '@sotto/protocol/wire';

declare const brand: unique symbol;
/** Names one blob: 128 random bits, lower-case hexadecimal. Never made from anything that a client sends. */
export type BlobName = string & { readonly [brand]: 'BlobName' };

const NAME = /^[0-9a-f]{32}$/;
const isBlobName = (text: string): text is BlobName => NAME.test(text);

/** `undefined` for anything else: what else lies in the store is not ours to touch. */
export const parseBlobName = (text: string): BlobName | undefined => (isBlobName(text) ? text : undefined);

export const newBlobName = (): BlobName => {
  const name = parseBlobName(randomBytes(16).toString('hex'));
  if (name === undefined) throw new Error('A new blob name is not one.');
  return name;
};

/** A blob as a sweep meets it. */
export interface FoundBlob {
  readonly name: BlobName;
  readonly writtenAtMs: number;
}

/**
 * Sealed bytes outside of the database: what is large, written once and read whole. A blob is there entirely or not at all, and once
 * `put` has resolved it survives a loss of power. Which blobs belong to anybody only the database knows; one that nobody knows is
 * swept.
 */
export interface BlobStore {
  put(name: BlobName, bytes: Bytes): Promise<void>;
  /** `undefined`: there is no such blob. */
  read(name: BlobName): Promise<Bytes | undefined>;
  /** Not an error where there is none. */
  remove(name: BlobName): Promise<void>;
  /** Blobs, and what interrupted writing has left, in pieces. */
  all(): AsyncIterable<readonly FoundBlob[]>;
  /** Clears away what interrupted writing has left, if it was written before this time. */
  removeUnfinished(writtenBeforeMs: number): Promise<void>;
  /** False once the place is nearly full. */
  hasRoom(): Promise<boolean>;
}
