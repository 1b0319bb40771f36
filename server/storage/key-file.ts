import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './error-code.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

const KEY_BYTES = 32;
const KEY_TEXT = /^[0-9a-f]{64}\n$/;

const readKey = (path: string): string | undefined => {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new UnusableDatabaseError(`The key file ${path} cannot be read. Let the server's user own it.`, {
      cause: error,
    });
  }
  if (!KEY_TEXT.test(text))
    throw new UnusableDatabaseError(
      `The key file ${path} is damaged. Put it back from your backup; the database needs it.`,
    );
  // Windows has no such mode bits; its profile folders are private already.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
    throw new UnusableDatabaseError(`Others on this machine may read the key file ${path}. Run: chmod 600 ${path}`);
  return text.trimEnd();
};

const syncFolder = (folder: string): void => {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** The file appears whole or not at all, and of two processes that start at once one makes it. */
const createKey = (path: string): void => {
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, `${randomBytes(KEY_BYTES).toString('hex')}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(draft, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  syncFolder(dirname(path));
};

/** The raw database key as 64 hex digits, made with the first database. A database without its key is never given a new one. */
export const loadOrCreateKey = (keyPath: string, databasePath: string): string => {
  const present = readKey(keyPath);
  if (present !== undefined) return present;
  if (!existsSync(databasePath)) createKey(keyPath);
  const key = readKey(keyPath);
  if (key === undefined)
    throw new UnusableDatabaseError(
      `The database ${databasePath} is there, but its key file ${keyPath} is not. Put the key file back from your backup, or ` +
        'move the database away to start with an empty one.',
    );
  return key;
};
