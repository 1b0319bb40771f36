import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, StorageError } from './storage-error.js';

const OWNER_ONLY = 0o600;

const syncFolder = (folder: string): void => {
  // Windows has no handle on a folder to flush; its file system journals the rename.
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** Replaces a file as a whole: after a crash it holds the old content or the new one, and only its owner reads it. */
export const replaceFile = (path: string, content: string): void => {
  const next = `${path}.next`;
  try {
    const handle = openSync(next, 'w', OWNER_ONLY);
    try {
      writeSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(next, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw new StorageError('failed', 'a file of the profile cannot be written', { cause: error });
  }
};

/** `undefined` where there is no such file. */
export const readFileIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new StorageError('failed', 'a file of the profile cannot be read', { cause: error });
  }
};

/** After a crash the file is there as it was, or gone. Harmless where there is none. */
export const removeFile = (path: string): void => {
  try {
    rmSync(path, { force: true });
    syncFolder(dirname(path));
  } catch (error) {
    throw new StorageError('failed', 'a file of the profile cannot be removed', { cause: error });
  }
};
