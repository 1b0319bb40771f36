import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { FolderBlobStore } from '../blobs/folder-blob-store.js';
import { RESTORE } from '../domain/restore-hold.js';
import { dumpDatabase, restoreDatabase } from '../storage/dump.js';
import { openStorage } from '../storage/open-storage.js';
import { VERSION } from '../version.js';
import { UsageError, wordAt, type AdminCommand } from './command.js';

const DUMP = 'database.ndjson.gz';
const MANIFEST = 'manifest.json';
const BLOBS = 'blobs';

const Manifest = z.strictObject({
  kind: z.literal('sotto-server-backup/1'),
  version: z.string().max(32),
  createdAt: z.string().max(32),
  /** SHA-256 of the dump, hexadecimal. */
  database: z.string().regex(/^[0-9a-f]{64}$/),
  blobs: z.number().int().nonnegative(),
});

/** Lets bytes through and says what they hash to. */
const hashing = () => {
  const hash = createHash('sha256');
  const through = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(undefined, chunk);
    },
  });
  return { through, digest: () => hash.digest('hex') };
};

async function* withLineEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** Opened when it is read: an interface that nobody reads yet would let its first lines go by. */
async function* linesOf(path: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(path).pipe(createGunzip()), crlfDelay: Number.POSITIVE_INFINITY });
}

const digestOf = async (path: string): Promise<string> => {
  const { through, digest } = hashing();
  await pipeline(createReadStream(path), through, async (source) => {
    for await (const _ of source) {
      // Only the hash is wanted.
    }
  });
  return digest();
};

/** Writes everything to a new folder while the server runs. */
export const backUp: AdminCommand = async (context, given) => {
  const target = wordAt(given, 0, 'the folder to write to; it must not be there yet');
  if (existsSync(target)) throw new UsageError(`${target} is there already. Name a folder that is not.`);
  const draft = `${target}.unfinished`;
  await mkdir(draft, { mode: 0o700 });
  const { through, digest } = hashing();
  const createdAt = context.clock();
  await pipeline(
    Readable.from(withLineEnds(dumpDatabase(context.config.databaseUrl, createdAt))),
    createGzip(),
    through,
    createWriteStream(join(draft, DUMP), { mode: 0o600, flush: true }),
  );
  // After the rows: a blob that is written meanwhile is in no row of this backup, one that is removed belongs to nobody any more.
  const blobs = await FolderBlobStore.open(context.config.blobFolder);
  const kept = await FolderBlobStore.open(join(draft, BLOBS));
  let count = 0;
  for await (const found of blobs.all())
    for (const { name } of found) {
      const bytes = await blobs.read(name);
      if (bytes === undefined) continue;
      await kept.put(name, bytes);
      count += 1;
    }
  const manifest: z.infer<typeof Manifest> = {
    kind: 'sotto-server-backup/1',
    version: VERSION,
    createdAt: new Date(createdAt).toISOString(),
    database: digest(),
    blobs: count,
  };
  await writeFile(join(draft, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600, flush: true });
  await rename(draft, target);
  context.say(
    `Backed up to ${target}: the database and ${count} blobs. It holds the keys of this server: encrypt it before it leaves the machine.`,
  );
  context.answer({ folder: target, ...manifest });
  return 0;
};

const readManifest = async (folder: string): Promise<z.infer<typeof Manifest>> => {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
  const verdict = Manifest.safeParse(text === undefined ? undefined : JSON.parse(text));
  if (!verdict.success) throw new UsageError(`${folder} is not a whole backup: its ${MANIFEST} is missing or damaged.`);
  return verdict.data;
};

/** Takes a backup up in an empty database, and makes the server behave as one that has lost some time (SPEC §14.9). */
export const restore: AdminCommand = async (context, given) => {
  const folder = wordAt(given, 0, 'the folder of the backup');
  const manifest = await readManifest(folder);
  const dump = join(folder, DUMP);
  if ((await digestOf(dump)) !== manifest.database)
    throw new UsageError(`The backup is damaged: ${DUMP} is not what was written. Nothing was changed.`);
  // Makes the schema where the database is new.
  await (await openStorage(context.config.databaseUrl)).close();
  const rows = await restoreDatabase(context.config.databaseUrl, linesOf(dump));
  const blobs = await FolderBlobStore.open(context.config.blobFolder);
  const source = await FolderBlobStore.open(join(folder, BLOBS));
  let count = 0;
  for await (const found of source.all())
    for (const { name } of found) {
      const bytes = await source.read(name);
      if (bytes === undefined) continue;
      await blobs.put(name, bytes);
      count += 1;
    }
  const storage = await context.storage();
  // One of them may have been given out after the backup: whoever got it would share a key with somebody else.
  await storage.preKeys.purgeOneTimePreKeys();
  await storage.jobs.note(RESTORE, context.clock());
  context.say(`Restored: ${rows} rows and ${count} blobs of ${manifest.createdAt}.`);
  context.say(
    'One-time prekeys were deleted; devices upload new ones. For a day no device is added or removed but by a recovery key.',
  );
  context.answer({ rows, blobs: count, createdAt: manifest.createdAt });
  return 0;
};
