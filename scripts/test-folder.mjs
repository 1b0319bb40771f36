import { accessSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux keeps a folder in memory here. */
const IN_MEMORY = '/dev/shm';

/** Containers often give it 64 MiB; the databases of two suites side by side need more. */
const ENOUGH_BYTES = 2 * 1024 ** 3;

const freeBytes = () => {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize;
  } catch {
    return 0;
  }
};

/**
 * A folder for what tests write, and how to remove it. It lies in memory where there is room: tests commit thousands of times, each
 * waiting for the disk, and what they show by killing processes holds there as well. `TMPDIR` names another place.
 *
 * @returns {{ path: string, remove: () => void }}
 */
export const makeTestFolder = () => {
  const inMemory = process.env['TMPDIR'] === undefined && freeBytes() >= ENOUGH_BYTES;
  const path = mkdtempSync(join(inMemory ? IN_MEMORY : tmpdir(), 'sotto-tests-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};
