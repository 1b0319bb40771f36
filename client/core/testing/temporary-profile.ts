import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { ProfileDatabase } from '../storage/database.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that goes away with the test file. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
  folders.push(folder);
  return folder;
};

/** A new, encrypted database with all its tables. */
export const temporaryDatabase = (): ProfileDatabase =>
  ProfileDatabase.open(join(temporaryFolder(), 'sotto.db'), new Uint8Array(32).fill(7));
