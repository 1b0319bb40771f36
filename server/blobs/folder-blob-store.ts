import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '@sotto/protocol/wire';
import { errorCode } from '../storage/error-code.js';
import { newBlobName, parseBlobName, type BlobName, type BlobStore, type FoundBlob } from './blob-store.js';

/** How full a file system is, from 0 to 1. */
export type ReadUsage = (folder: string) => Promise<number>;

/** The rest is for the database and the log, whose writing must not fail because of archives. */
const FULL = 0.9;

const UNFINISHED = 'unfinished';
const MODE = { folder: 0o700, file: 0o600 } as const;

const usageOfFileSystem: ReadUsage = async (folder) => {
  const { blocks, bavail } = await statfs(folder);
  return blocks === 0 ? 1 : 1 - bavail / blocks;
};

const isAbsent = (error: unknown): boolean => errorCode(error) === 'ENOENT';

const unlessAbsent = async <Value>(work: Promise<Value>): Promise<Value | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
};

/** A new name in a folder is on the disk only once the folder is. Windows cannot do this to a folder, and journals names itself. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const writeDurably = async (file: string, bytes: Bytes): Promise<void> => {
  const handle = await open(file, 'wx', MODE.file);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Blobs as files of one folder, spread over 256 folders below it. Several processes may share it. */
export class FolderBlobStore implements BlobStore {
  readonly #folder: string;
  readonly #usage: ReadUsage;

  private constructor(folder: string, usage: ReadUsage) {
    this.#folder = folder;
    this.#usage = usage;
  }

  /** @param usage - the file system's own, if absent */
  static async open(folder: string, usage: ReadUsage = usageOfFileSystem): Promise<FolderBlobStore> {
    await mkdir(join(folder, UNFINISHED), { recursive: true, mode: MODE.folder });
    return new FolderBlobStore(folder, usage);
  }

  async put(name: BlobName, bytes: Bytes): Promise<void> {
    // A name of its own for each attempt: one that died leaves a file that no later one falls over.
    const unfinished = join(this.#folder, UNFINISHED, newBlobName());
    const shard = this.#shardOf(name);
    try {
      await writeDurably(unfinished, bytes);
      await this.#makeShard(shard);
      await rename(unfinished, join(shard, name));
      await syncFolder(shard);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  async read(name: BlobName): Promise<Bytes | undefined> {
    const bytes = await unlessAbsent(readFile(join(this.#shardOf(name), name)));
    return bytes === undefined ? undefined : new Uint8Array(bytes);
  }

  async remove(name: BlobName): Promise<void> {
    await rm(join(this.#shardOf(name), name), { force: true });
  }

  async *all(): AsyncIterable<readonly FoundBlob[]> {
    for (const shard of await readdir(this.#folder)) {
      if (/^[0-9a-f]{2}$/.test(shard)) yield await this.#found(shard);
    }
  }

  async removeUnfinished(writtenBeforeMs: number): Promise<void> {
    for (const { name, writtenAtMs } of await this.#found(UNFINISHED)) {
      if (writtenAtMs < writtenBeforeMs) await rm(join(this.#folder, UNFINISHED, name), { force: true });
    }
  }

  async hasRoom(): Promise<boolean> {
    return (await this.#usage(this.#folder)) < FULL;
  }

  async #found(subfolder: string): Promise<FoundBlob[]> {
    const folder = join(this.#folder, subfolder);
    const found: FoundBlob[] = [];
    for (const name of (await readdir(folder)).map(parseBlobName)) {
      // Another process may clear it away meanwhile.
      const stats = name && (await unlessAbsent(stat(join(folder, name))));
      if (name !== undefined && stats !== undefined) found.push({ name, writtenAtMs: stats.mtimeMs });
    }
    return found;
  }

  #shardOf(name: BlobName): string {
    return join(this.#folder, name.slice(0, 2));
  }

  async #makeShard(shard: string): Promise<void> {
    const made = await mkdir(shard, { recursive: true, mode: MODE.folder });
    if (made !== undefined) await syncFolder(this.#folder);
  }
}
