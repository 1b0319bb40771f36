import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '../testing/temporary-profile.js';
import { ProfileLock } from './profile-lock.js';
import { StorageError } from './storage-error.js';

const isHeld = (path: string): boolean => {
  try {
    ProfileLock.take(path).release();
    return false;
  } catch (error) {
    if (error instanceof StorageError && error.fault === 'inUse') return true;
    throw error;
  }
};

/** A process that takes the lock by the same means, says so, and stays until it is killed. */
const holder = async (path: string) => {
  const program = `
    import { createRequire } from 'node:module';
    const { default: SqlCipher } = createRequire(${JSON.stringify(import.meta.url)})('@signalapp/sqlcipher');
    const driver = new SqlCipher(process.argv[1]);
    driver.exec('BEGIN EXCLUSIVE');
    console.log('held');
    setInterval(() => driver, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
};

describe('the lock of a profile', () => {
  it('is held once in this process', () => {
    const path = join(temporaryFolder(), 'lock');
    const lock = ProfileLock.take(path);
    expect(isHeld(path)).toBe(true);
    lock.release();
    expect(isHeld(path)).toBe(false);
  });

  it('keeps other processes out, and ends with the process that holds it, even by SIGKILL', async () => {
    const path = join(temporaryFolder(), 'lock');
    const child = await holder(path);
    expect(isHeld(path)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isHeld(path)).toBe(false);
  });

  it('says that it cannot, where the folder is not there', () => {
    expect(() => ProfileLock.take(join(temporaryFolder(), 'missing', 'lock'))).toThrow(StorageError);
  });
});
