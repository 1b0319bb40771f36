import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parsePassword, systemRandom, type Password } from '@sotto/crypto';
import { temporaryFolder } from '../testing/temporary-profile.js';
import { ProfileDatabase } from './database.js';
import type { KeyVault } from './key-vault.js';
import { Profile } from './profile.js';
import { StorageError } from './storage-error.js';

const passphrase = (text: string): Password => {
  const parsed = parsePassword(text);
  if (parsed === undefined) throw new Error('bad test data');
  return parsed;
};
const [first, second] = [passphrase('first passphrase'), passphrase('second passphrase')];

const open = (folder: string, vault?: KeyVault) => Profile.open({ folder, random: systemRandom, vault });
const note = (profile: Profile, name: string) => profile.database?.run('INSERT INTO counter VALUES (?, 1)', [name]);
const notes = (profile: Profile) =>
  profile.database?.all('SELECT name FROM counter ORDER BY name').map((row) => row['name']);
const faultOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof StorageError ? error.fault : 'another error'),
  );
const copyOf = (folder: string): string => {
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
};

describe('a profile', () => {
  it('is made at the first start, readable by its owner alone, and opens again', async () => {
    const folder = join(temporaryFolder(), 'new', 'profile');
    const profile = await open(folder);
    expect(profile.protection).toBe('keyFile');
    note(profile, 'kept');
    profile.close();
    if (process.platform !== 'win32') {
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      expect(statSync(join(folder, 'key.json')).mode & 0o777).toBe(0o600);
    }
    const again = await open(folder);
    expect(notes(again)).toEqual(['kept']);
    again.close();
  });

  it('is erased and begins anew under another key, passphrase and all', async () => {
    const folder = temporaryFolder();
    const profile = await open(folder);
    note(profile, 'gone');
    await profile.setPassphrase(undefined, first);
    const before = copyOf(folder);
    await profile.erase();
    expect(profile.protection).toBe('keyFile');
    expect(notes(profile)).toEqual([]);
    note(profile, 'new');
    expect(await faultOf(open(folder))).toBe('inUse');
    profile.close();
    // The key of before opens nothing of it.
    cpSync(join(before, 'key.json'), join(folder, 'key.json'));
    const mixed = await open(folder);
    expect(await faultOf(mixed.unlock(first))).toBe('unreadable');
    mixed.close();
  });

  it.each([
    ['the database was gone', ['sotto.db', 'sotto.db-wal', 'sotto.db-shm']],
    ['the database was gone, its journal not', ['sotto.db']],
  ])('opens empty where a crash cut an erasure short when %s', async (_, removed) => {
    const folder = temporaryFolder();
    const profile = await open(folder);
    note(profile, 'gone');
    const cut = copyOf(folder);
    profile.close();
    for (const file of removed) rmSync(join(cut, file), { force: true });
    const again = await open(cut);
    expect(notes(again)).toEqual([]);
    again.close();
  });

  it('is held by one core at a time', async () => {
    const folder = temporaryFolder();
    const profile = await open(folder);
    expect(await faultOf(open(folder))).toBe('inUse');
    note(profile, 'still works');
    profile.close();
    (await open(folder)).close();
  });

  it('asks for its passphrase once it has one, and opens with no other', async () => {
    const folder = temporaryFolder();
    const profile = await open(folder);
    note(profile, 'kept');
    expect(await profile.setPassphrase(undefined, first)).toBe('set');
    note(profile, 'later');
    profile.close();
    const locked = await open(folder);
    expect(locked.database).toBeUndefined();
    expect(locked.protection).toBe('passphrase');
    expect(await locked.unlock(second)).toBe('wrongPassphrase');
    expect(locked.database).toBeUndefined();
    expect(await locked.unlock(first)).toBe('unlocked');
    expect(notes(locked)).toEqual(['kept', 'later']);
    expect(await locked.setPassphrase(undefined, second)).toBe('wrongPassphrase');
    expect(await locked.setPassphrase(second, second)).toBe('wrongPassphrase');
    expect(await locked.setPassphrase(first, second)).toBe('set');
    locked.close();
    const again = await open(folder);
    expect(await again.unlock(first)).toBe('wrongPassphrase');
    expect(await again.unlock(second)).toBe('unlocked');
    again.close();
  });

  it('is encrypted anew with a passphrase: the key file of before opens it no longer', async () => {
    const folder = temporaryFolder();
    const profile = await open(folder);
    const oldKeyFile = readFileSync(join(folder, 'key.json'));
    await profile.setPassphrase(undefined, first);
    profile.close();
    expect(readFileSync(join(folder, 'key.json'), 'utf8')).not.toContain('previous');
    writeFileSync(join(folder, 'key.json'), oldKeyFile);
    expect(await faultOf(open(folder))).toBe('unreadable');
  });

  it('survives a crash while the passphrase is being set, before and after the database has its new key', async () => {
    const folder = temporaryFolder();
    const profile = await open(folder);
    note(profile, 'kept');
    const before = copyOf(folder);
    // The key file as it stands while the database is encrypted anew.
    const rekey = ProfileDatabase.prototype.rekey;
    let during = '';
    ProfileDatabase.prototype.rekey = function (key) {
      during = copyOf(folder);
      rekey.call(this, key);
    };
    try {
      await profile.setPassphrase(undefined, first);
    } finally {
      ProfileDatabase.prototype.rekey = rekey;
    }
    const after = copyOf(folder);
    profile.close();
    // Cut short after the database got its key: its file, and the key file of before.
    const between = copyOf(after);
    cpSync(join(during, 'key.json'), join(between, 'key.json'));
    for (const crashed of [during, between]) {
      expect(readFileSync(join(crashed, 'key.json'), 'utf8')).toContain('previous');
      const again = await open(crashed);
      expect(await again.unlock(first)).toBe('unlocked');
      expect(notes(again)).toEqual(['kept']);
      again.close();
      expect(readFileSync(join(crashed, 'key.json'), 'utf8')).not.toContain('previous');
      const third = await open(crashed);
      expect(await third.unlock(first)).toBe('unlocked');
      third.close();
    }
    const untouched = await open(before);
    expect(notes(untouched)).toEqual(['kept']);
    untouched.close();
  });

  it('keeps its key in the system keychain where there is one', async () => {
    const folder = temporaryFolder();
    const kept = new Map<string, Uint8Array<ArrayBuffer>>();
    const vault: KeyVault = {
      seal: async (secret) => {
        kept.set('1', new Uint8Array(secret));
        return new Uint8Array([49]);
      },
      open: async (sealed) => kept.get(String.fromCharCode(...sealed)),
    };
    const profile = await open(folder, vault);
    expect(profile.protection).toBe('vault');
    note(profile, 'kept');
    profile.close();
    const again = await open(folder, vault);
    expect(notes(again)).toEqual(['kept']);
    again.close();
    kept.clear();
    expect(await faultOf(open(folder, vault))).toBe('unreadable');
    expect(await faultOf(open(folder))).toBe('unreadable');
  });

  it.each([
    ['is not JSON', 'no'],
    ['is of another version', '{"version":2}'],
    [
      'holds a wrapped key of no meaning',
      '{"version":1,"protection":{"kind":"keyFile","key":"AAAA"},"wrapped":"AAAA"}',
    ],
  ])('says so where its key file %s, and leaves everything as it is', async (_, content) => {
    const folder = temporaryFolder();
    (await open(folder)).close();
    writeFileSync(join(folder, 'key.json'), content);
    expect(await faultOf(open(folder))).toBe('unreadable');
    expect(readFileSync(join(folder, 'key.json'), 'utf8')).toBe(content);
  });

  it('does not make a new key over a database whose key is gone', async () => {
    const folder = temporaryFolder();
    (await open(folder)).close();
    rmSync(join(folder, 'key.json'));
    expect(await faultOf(open(folder))).toBe('unreadable');
    expect(existsSync(join(folder, 'key.json'))).toBe(false);
    expect(readdirSync(folder)).toContain('sotto.db');
  });

  it('can be opened after a failed attempt: the attempt does not keep the lock', async () => {
    const folder = temporaryFolder();
    (await open(folder)).close();
    const keyFile = readFileSync(join(folder, 'key.json'));
    writeFileSync(join(folder, 'key.json'), 'no');
    expect(await faultOf(open(folder))).toBe('unreadable');
    writeFileSync(join(folder, 'key.json'), keyFile);
    (await open(folder)).close();
  });
});
