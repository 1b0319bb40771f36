import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BridgeError } from '@sotto/client/bridge';
import type { Bytes } from '@sotto/protocol/wire';
import { errorCode } from '../storage/storage-error.js';

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

const refusalOf = (error: unknown): unknown =>
  FULL.has(errorCode(error) ?? '') ? new BridgeError('diskFull', {}, { cause: error }) : error;

/** A file on its way into this program or out of it, which only its owner can read. */
export class TransferFile {
  readonly #path: string;
  readonly #handle: number;

  constructor(path: string) {
    this.#path = path;
    this.#handle = openSync(path, 'wx+', 0o600);
  }

  get length(): number {
    return fstatSync(this.#handle).size;
  }

  /** Fewer bytes at the end of the file. */
  read(offset: number, most: number): Bytes {
    const bytes = new Uint8Array(most);
    const length = readSync(this.#handle, bytes, 0, most, offset);
    return bytes.subarray(0, length);
  }

  /** Throws `diskFull`. */
  write(offset: number, bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#handle, bytes, at, bytes.length - at, offset + at);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Frees what it takes on the disk at once, also where another program still holds the name. */
  remove(): void {
    ftruncateSync(this.#handle);
    closeSync(this.#handle);
    rmSync(this.#path, { force: true });
  }
}

/** The temporary files of one profile. What a crash leaves goes at the next start. */
export class TransferFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.clear();
  }

  create(name: string): TransferFile {
    mkdirSync(this.#path, { recursive: true, mode: 0o700 });
    return new TransferFile(join(this.#path, name));
  }

  clear(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}
