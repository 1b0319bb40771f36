import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import {
  createAccount,
  derivePasswordKeys,
  linkKeyWrapping,
  listHash,
  newStretchParameters,
  openRecoveryBlob,
  parsePassword,
  parseRecoveryKey,
  recoverySeedWrapping,
  systemRandom,
  type NewAccount,
} from '@sotto/crypto';
import type { PutRecoveryBlobRequest } from '@sotto/protocol/wire';
import type { AccountRecord } from '../account/types.js';
import { headOf } from '../devices/device-pin.js';
import { ManualClock } from '../net/testing/manual-clock.js';
import type { AccountApi } from '../net/types.js';
import { AccountRepository } from '../storage/account-repository.js';
import { ProfileDatabase } from '../storage/database.js';
import { DevicePinRepository } from '../storage/device-pin-repository.js';
import { RecoveryKitRepository } from '../storage/recovery-repository.js';
import { decryptedPages } from '../storage/testing/decrypted-pages.js';
import { at, named } from '../testing/known-values.js';
import { temporaryFolder } from '../testing/temporary-profile.js';
import { wrappedKeysOf } from '../testing/wrapped-keys.js';
import { RecoveryKit } from './recovery-kit.js';

// Each password is stretched as for real.
jest.setTimeout(60_000);

const DATABASE_KEY = new Uint8Array(32).fill(7);
const PASSWORD = 'correct-horse-battery-staple-42';

const bytesOf = (secret: { unwrap(): Uint8Array<ArrayBuffer> }) => new Uint8Array(secret.unwrap());

const recordOf = async (account: NewAccount): Promise<AccountRecord> => {
  const stretch = newStretchParameters(systemRandom);
  const password = parsePassword(PASSWORD);
  if (password === undefined) throw new Error('bad test data');
  const { passwordKey } = await derivePasswordKeys(password, stretch);
  const context = { owner: { accountId: account.accountId, deviceId: account.device.deviceId }, random: systemRandom };
  return {
    phase: 'registered',
    accountId: account.accountId,
    username: named('alice'),
    deviceId: account.device.deviceId,
    registrationId: account.device.registrationId,
    server: {
      origin: 'https://chat.example.org',
      trustRoot: account.root.accountIdentityKey,
      keys: { bytes: new Uint8Array(1), signature: new Uint8Array(64) },
      replaced: [],
    },
    keys: {
      ...account.root,
      identityKeyPair: bytesOf(account.device.identityKeyPair.privateKey),
      deviceSigningKey: bytesOf(account.device.signingKey),
      profileKey: bytesOf(account.profileKey),
      storageKey: bytesOf(account.storageKey),
      keysVersion: 0,
      wrappedRecoverySeed: recoverySeedWrapping.wrap(account.recoverySeed, passwordKey, context),
      wrappedLinkKey: linkKeyWrapping.wrap(account.device.linkKey, passwordKey, context),
    },
    stretch,
    tokens: undefined,
    pendingRequest: undefined,
  };
};

const begin = async () => {
  const path = join(temporaryFolder(), 'sotto.db');
  const database = ProfileDatabase.open(path, DATABASE_KEY);
  const clock = new ManualClock();
  const account = createAccount({ random: systemRandom, clock });
  const record = await recordOf(account);
  const accounts = new AccountRepository(database);
  const pins = new DevicePinRepository(database);
  accounts.save(record);
  pins.save(
    {
      accountId: account.accountId,
      username: named('alice'),
      ...account.root,
      head: { epoch: 0, number: 0, hash: listHash(account.genesis.bytes) },
      list: account.genesis.bytes,
      devices: [{ deviceId: account.device.deviceId, certificate: account.certificate.bytes }],
      alarm: false,
      pinnedAt: at(1),
    },
    [],
  );
  const uploads: PutRecoveryBlobRequest[] = [];
  const told: unknown[] = [];
  let isAway = false;
  const api = {
    call: async (_: string, { body }: { readonly body: PutRecoveryBlobRequest }) => {
      if (isAway) return { outcome: 'away', reason: 'unreachable' };
      uploads.push(body);
      return { outcome: 'ok', value: {} };
    },
  } as unknown as AccountApi;
  const kit = new RecoveryKit({
    ...{ accounts, pins, api, database, clock },
    wrappedKeys: wrappedKeysOf(database),
    kit: new RecoveryKitRepository(database),
    storageRecordVersion: () => 3,
    random: systemRandom,
    emit: (view) => told.push(view),
  });
  const goAway = (away: boolean) => {
    isAway = away;
  };
  return { path, database, account, record, accounts, pins, uploads, kit, goAway, told };
};

const fromPaper = ({ groups, asked }: Awaited<ReturnType<RecoveryKit['show']>>) =>
  asked.map((number) => (groups[number - 1] ?? '').toLowerCase());

describe('the recovery kit', () => {
  it('leaves nothing of the seed in database or log once it is confirmed', async () => {
    const { path, database, record, kit, told } = await begin();
    const wrapped = Buffer.from(record.keys.wrappedRecoverySeed ?? []);
    expect(decryptedPages(path, DATABASE_KEY).includes(wrapped)).toBe(true);
    const shown = await kit.show(PASSWORD);
    expect(await kit.confirm(PASSWORD, fromPaper(shown))).toMatchObject({ state: 'confirmed' });
    expect(told).toEqual([kit.view()]);
    const left = decryptedPages(path, DATABASE_KEY);
    expect(left.includes(Buffer.from(record.keys.wrappedLinkKey))).toBe(true);
    expect(left.includes(wrapped)).toBe(false);
    expect(left.includes(wrapped.subarray(30, 62))).toBe(false);
    await expect(kit.show(PASSWORD)).rejects.toMatchObject({ failure: { code: 'kitConfirmed' } });
    database.close();
  });

  it('shows a key that opens what it has put on the server', async () => {
    const { account, pins, uploads, kit, database } = await begin();
    const shown = await kit.show(PASSWORD);
    await kit.confirm(PASSWORD, fromPaper(shown));
    const key = parseRecoveryKey(shown.groups.join(' '));
    const pin = pins.find(account.accountId);
    const blob = uploads[0]?.blob;
    if (key.outcome !== 'valid' || pin === undefined || blob === undefined) throw new Error('nothing to open');
    const opened = openRecoveryBlob(key.seed, headOf(pin), blob);
    expect(opened).toMatchObject({ outcome: 'opened', frame: { storageRecordVersion: 3 } });
    expect(opened.outcome === 'opened' && bytesOf(opened.keys.storageKey)).toEqual(bytesOf(account.storageKey));
    expect(uploads[0]?.access).toBeDefined();
    database.close();
  });

  it('keeps the seed where the groups are wrong, were not asked for, or the server is away', async () => {
    const { uploads, accounts, kit, goAway, database } = await begin();
    await expect(kit.confirm(PASSWORD, [])).rejects.toMatchObject({ failure: { code: 'kitGroupsDiffer' } });
    const shown = await kit.show(PASSWORD);
    const right = fromPaper(shown);
    for (const groups of [right.slice(1), right.toReversed(), ['AAAA', 'AAAA']]) {
      await expect(kit.confirm(PASSWORD, groups)).rejects.toMatchObject({ failure: { code: 'kitGroupsDiffer' } });
    }
    goAway(true);
    await expect(kit.confirm(PASSWORD, right)).rejects.toMatchObject({ failure: { code: 'serverAway' } });
    expect(uploads).toEqual([]);
    expect(accounts.find()?.keys.wrappedRecoverySeed).toBeDefined();
    expect(kit.view()).toEqual({ state: 'unconfirmed' });
    database.close();
  });
});
