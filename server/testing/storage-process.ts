import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const urlOf = (file: string): string => pathToFileURL(join(import.meta.dirname, file)).href;

/** Modules that a program for {@link startStorageProcess} can import. */
export const MODULES = {
  openStorage: urlOf('../storage/open-storage.ts'),
  records: urlOf('records.ts'),
} as const;

/** Runs an ES module text in a Node process of its own, on the sources. `DATABASE_URL` is in its environment. */
export const startStorageProcess = (program: string, databaseUrl: string): ChildProcess => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const parameters = ['--import', tsx, '--conditions=sotto-src', '--input-type=module', '--eval', program];
  return spawn(process.execPath, parameters, {
    env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
};
