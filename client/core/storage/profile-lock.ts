import SqlCipher from '@signalapp/sqlcipher';
import { storageError } from './storage-error.js';

/**
 * Holds a profile for one core. The lock is the operating system's lock on a file, taken through SQLite: it ends with the
 * process, however that ends, so that no stale lock has to be guessed at.
 */
export class ProfileLock {
  readonly #driver: SqlCipher;

  private constructor(driver: SqlCipher) {
    this.#driver = driver;
  }

  /** @throws StorageError `inUse` where another core holds the profile */
  static take(path: string): ProfileLock {
    let driver: SqlCipher | undefined;
    try {
      driver = new SqlCipher(path);
      driver.exec('BEGIN EXCLUSIVE');
      return new ProfileLock(driver);
    } catch (error) {
      driver?.close();
      throw storageError(error);
    }
  }

  release(): void {
    this.#driver.close();
  }
}
