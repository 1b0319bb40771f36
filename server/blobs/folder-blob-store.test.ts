import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bytes } from '../testing/records.js';
import { newBlobName, parseBlobName, type FoundBlob } from './blob-store.js';
import { FolderBlobStore } from './folder-blob-store.js';

const KILLS = 4;
const BLOB_BYTES = 1_048_576;

/** Writes blobs without end, each filled with one byte, and prints the name of each once it is stored. */
const writer = (folder: string): string => `
  const { FolderBlobStore } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'folder-blob-store.ts')).href)});
  const { newBlobName } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'blob-store.ts')).href)});
  const store = await FolderBlobStore.open(${JSON.stringify(folder)});
  for (;;) {
    const name = newBlobName();
    await store.put(name, new Uint8Array(${BLOB_BYTES}).fill(parseInt(name.slice(0, 2), 16)));
    process.stdout.write(name + '\\n');
  }`;

describe('FolderBlobStore', () => {
  let folder: string;
  let store: FolderBlobStore;

  beforeEach(async () => {
    folder = join(mkdtempSync(join(tmpdir(), 'sotto-blobs-')), 'blobs');
    store = await FolderBlobStore.open(folder);
  });

  afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  const all = async (): Promise<FoundBlob[]> => {
    const found: FoundBlob[] = [];
    for await (const some of store.all()) found.push(...some);
    return found;
  };

  it('gives back what it was given, in files that only their owner reads', async () => {
    const [name, blob] = [newBlobName(), bytes(100_000)];
    expect(await store.read(name)).toBeUndefined();
    await store.put(name, blob);
    expect(await store.read(name)).toEqual(blob);
    expect(await (await FolderBlobStore.open(folder)).read(name)).toEqual(blob);
    expect(statSync(join(folder, name.slice(0, 2), name)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect((await all()).map((found) => found.name)).toEqual([name]);
    await store.remove(name);
    await store.remove(name);
    expect(await store.read(name)).toBeUndefined();
    expect(await all()).toEqual([]);
  });

  it.each(['', '..', '../../etc/passwd', 'A'.repeat(32), '0'.repeat(31), `${'0'.repeat(32)}/x`])(
    'takes %j for no name of a blob',
    (text) => expect(parseBlobName(text)).toBeUndefined(),
  );

  it('leaves alone what is not its own', async () => {
    await store.put(newBlobName(), bytes(10));
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    writeFileSync(join(folder, 'unfinished', 'notes.txt'), 'mine');
    await store.removeUnfinished(Number.MAX_SAFE_INTEGER);
    expect(await all()).toHaveLength(1);
    expect(readdirSync(join(folder, 'unfinished'))).toEqual(['notes.txt']);
  });

  it('clears away what interrupted writing has left, once it is old', async () => {
    const left = join(folder, 'unfinished', newBlobName());
    writeFileSync(left, 'half');
    const hourAgo = Date.now() - 3_600_000;
    await store.removeUnfinished(hourAgo);
    expect(readdirSync(join(folder, 'unfinished'))).toHaveLength(1);
    utimesSync(left, new Date(hourAgo - 1_000), new Date(hourAgo - 1_000));
    await store.removeUnfinished(hourAgo);
    expect(readdirSync(join(folder, 'unfinished'))).toEqual([]);
  });

  it('has no room from nine tenths on', async () => {
    const at = async (usage: number) => (await FolderBlobStore.open(folder, async () => usage)).hasRoom();
    expect([await at(0.5), await at(0.899), await at(0.9), await at(1)]).toEqual([true, true, false, false]);
    expect(typeof (await store.hasRoom())).toBe('boolean');
  });

  it('leaves nothing behind where writing fails', async () => {
    const name = newBlobName();
    writeFileSync(join(folder, name.slice(0, 2)), 'a file stands where a folder belongs');
    await expect(store.put(name, bytes(10))).rejects.toThrow();
    expect(readdirSync(join(folder, 'unfinished'))).toEqual([]);
  });

  it('holds each blob whole or not at all wherever its writer is killed', async () => {
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const parameters = ['--import', tsx, '--conditions=sotto-src', '--input-type=module', '--eval', writer(folder)];
    let told = '';
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = spawn(process.execPath, parameters, { env: { ...process.env, NODE_OPTIONS: '' }, stdio: 'pipe' });
      child.stdout.on('data', (chunk: Buffer) => (told += chunk.toString('utf8')));
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, 3 + kill * 7));
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    const found = (await all()).map(({ name }) => name);
    // A name that was cut off was not told.
    const stored = told.split('\n').flatMap((line) => parseBlobName(line) ?? []);
    expect(stored.length).toBeGreaterThanOrEqual(KILLS);
    expect(stored.filter((name) => !found.includes(name))).toEqual([]);
    for (const name of found) {
      const blob = await store.read(name);
      expect(blob?.length).toBe(BLOB_BYTES);
      expect(new Set(blob)).toEqual(new Set([Number.parseInt(name.slice(0, 2), 16)]));
    }
  }, 180_000);
});
