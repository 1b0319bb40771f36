import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseKey, type Password, type RandomSource } from '@sotto/crypto';
import { ProfileDatabase } from './database.js';
import { removeFile } from './durable-file.js';
import { KeyFile, type DatabaseKeys } from './key-file.js';
import type { KeyVault } from './key-vault.js';
import { ProfileLock } from './profile-lock.js';
import { StorageError } from './storage-error.js';

const FILES = { database: 'sotto.db', key: 'key.json', lock: 'lock' } as const;

interface ProfileOptions {
  readonly folder: string;
  readonly random: RandomSource;
  readonly vault: KeyVault | undefined;
}

/** What guards the database key. `keyFile`: nothing but the permissions of a file. */
export type KeyProtection = 'passphrase' | 'vault' | 'keyFile';

/** One person's data on this machine: a folder with the encrypted database, its key, and a lock that one core holds. */
export class Profile {
  readonly #options: ProfileOptions;
  readonly #lock: ProfileLock;
  readonly #keyFile: KeyFile;
  #database: ProfileDatabase | undefined;

  private constructor(options: ProfileOptions, lock: ProfileLock) {
    this.#options = options;
    this.#lock = lock;
    this.#keyFile = new KeyFile(join(options.folder, FILES.key), options);
  }

  /**
   * Takes the profile for this core, making it where it is not there, and opens its database unless that wants a passphrase.
   *
   * @throws StorageError `inUse` where another core holds the profile
   */
  static async open(options: ProfileOptions): Promise<Profile> {
    try {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new StorageError('failed', 'the folder of the profile cannot be made', { cause: error });
    }
    const lock = ProfileLock.take(join(options.folder, FILES.lock));
    const profile = new Profile(options, lock);
    try {
      await profile.#openUnlocked();
      return profile;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** `undefined` while a passphrase is wanted. */
  get database(): ProfileDatabase | undefined {
    return this.#database;
  }

  get protection(): KeyProtection {
    return this.#keyFile.protection ?? 'keyFile';
  }

  async unlock(passphrase: Password): Promise<'unlocked' | 'wrongPassphrase'> {
    if (this.#database !== undefined) return 'unlocked';
    const verdict = await this.#keyFile.open(passphrase);
    if (verdict.outcome !== 'opened') return 'wrongPassphrase';
    this.#openDatabase(verdict);
    return 'unlocked';
  }

  /**
   * Puts the database under a passphrase, from which every later start asks, or under another one. The database gets a new
   * key, so that an old copy of the key file opens nothing that is written from now on. A crash at any moment leaves a
   * profile that opens with the old passphrase or with the new one.
   */
  async setPassphrase(current: Password | undefined, next: Password): Promise<'set' | 'wrongPassphrase'> {
    const database = this.#database;
    if (database === undefined) throw new StorageError('failed', 'the profile is locked');
    const verdict = await this.#keyFile.open(current);
    if (verdict.outcome !== 'opened') return 'wrongPassphrase';
    const key = DatabaseKey.generate(this.#options.random);
    await this.#keyFile.protectByPassphrase(next, { key, previous: verdict.key });
    database.rekey(key.unwrap());
    this.#keyFile.forgetPrevious();
    return 'set';
  }

  /**
   * Erases everything and begins anew. The database goes first: a crash in between leaves an empty one under the key before, and
   * never a database without its key.
   */
  async erase(): Promise<void> {
    this.#database?.close();
    this.#database = undefined;
    for (const ending of ['', '-wal', '-shm']) removeFile(`${this.#databasePath}${ending}`);
    removeFile(join(this.#options.folder, FILES.key));
    await this.#openUnlocked();
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
    this.#lock.release();
  }

  get #databasePath(): string {
    return join(this.#options.folder, FILES.database);
  }

  async #openUnlocked(): Promise<void> {
    if (this.#keyFile.protection === undefined) await this.#makeKey();
    const verdict = await this.#keyFile.open(undefined);
    if (verdict.outcome === 'opened') this.#openDatabase(verdict);
  }

  async #makeKey(): Promise<void> {
    // A database whose key is lost is not overwritten: the key file may come back from a backup.
    if (existsSync(this.#databasePath)) throw new StorageError('unreadable', 'the key file of this profile is missing');
    await this.#keyFile.protect({ key: DatabaseKey.generate(this.#options.random), previous: undefined });
  }

  #openDatabase({ key, previous }: DatabaseKeys): void {
    this.#database = previous === undefined ? this.#openWith(key) : this.#finishRekey(key, previous);
  }

  #openWith(key: DatabaseKey): ProfileDatabase {
    return ProfileDatabase.open(this.#databasePath, key.unwrap());
  }

  /** The last change of the key was cut short, before or after the database had it. */
  #finishRekey(key: DatabaseKey, previous: DatabaseKey): ProfileDatabase {
    let database: ProfileDatabase;
    try {
      database = this.#openWith(key);
    } catch (error) {
      if (!(error instanceof StorageError) || error.fault !== 'unreadable') throw error;
      database = this.#openWith(previous);
      database.rekey(key.unwrap());
    }
    this.#keyFile.forgetPrevious();
    return database;
  }
}
