import { describe, expect, it, jest } from '@jest/globals';
import {
  derivePasswordKeys,
  linkKeyWrapping,
  parsePassword,
  recoverySeedWrapping,
  RecoverySeed,
  StretchSalt,
  systemRandom,
} from '@sotto/crypto';
import { PasswordChange } from '../account-page/password-change.js';
import type { AccountResult } from '../account/types.js';
import type { CallResult } from '../net/types.js';
import { AccountRepository } from '../storage/account-repository.js';
import { EarlierPasswordKeyRepository } from '../storage/earlier-password-key-repository.js';
import { NewRootRepository } from '../storage/recovery-repository.js';
import { PASSWORD, underPassword } from '../testing/password.js';
import type { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';
import { wrappedKeysOf } from '../testing/wrapped-keys.js';
import { breakAt, family, keysOf } from './testing/family.js';

// Each stretch of a password takes 64 MiB and its time.
jest.setTimeout(180_000);

const SECOND = 'trombone-basalt-kayak';
const THIRD = 'lantern-orchid-vinegar';

const codeOf = async (work: Promise<AccountResult<undefined>>): Promise<string> => {
  const result = await work;
  return result.outcome === 'failed' ? result.failure.code : result.outcome;
};

/** Two devices that can both sign, under one password and one stretch, as registration and linking make them. */
const twoDevices = async () => {
  const { server, person, anna, second } = await family();
  const accounts = new AccountRepository(second.database);
  accounts.save({ ...second.record, stretch: anna.record.stretch });
  Object.assign(second.record, { stretch: anna.record.stretch });
  await underPassword(second, person.second);
  return { server, anna, second };
};

const toolsOf = (client: TestClient) => {
  const wrappedKeys = wrappedKeysOf(client.database, () => client.upkeep.noteEarlierKey());
  const api = {
    call: async (route: never, input: unknown): Promise<CallResult<never>> =>
      client.connection.isCut
        ? { outcome: 'away', reason: 'unreachable' }
        : client.server.call(route, input, client.deviceId),
  } as never;
  const change = new PasswordChange({ record: () => client.present, wrappedKeys, api });
  return { wrappedKeys, change, earlier: new EarlierPasswordKeyRepository(client.database) };
};

/** Does the password open the keys of this device, by whatever way? And is it the one that they are wrapped under? */
const opens = async (client: TestClient, typed: string) => {
  const keys = await toolsOf(client).wrappedKeys.open(parsePassword(typed)!);
  if (keys.linkKey === undefined) return 'no';
  return keys.isBehind ? 'by an earlier one' : 'itself';
};
const recordWritten = async (client: TestClient, other: TestClient): Promise<void> => {
  await until(() => {
    client.clock.advance(3_000);
    return toolsOf(other).earlier.list().length > 0;
  });
};

describe('another password', () => {
  it('opens this device at once, and the other one as soon as that has read the record', async () => {
    const { anna, second } = await twoDevices();
    const { change } = toolsOf(anna);
    expect(await codeOf(change.change({ password: PASSWORD }, SECOND))).toBe('ok');
    expect(await opens(anna, SECOND)).toBe('itself');
    expect(await opens(anna, PASSWORD)).toBe('no');
    expect(await opens(second, PASSWORD)).toBe('itself');
    await recordWritten(anna, second);
    expect(await opens(second, SECOND)).toBe('by an earlier one');
    // The other one has the server say that it is the account's, and is under it from then on.
    expect(await second.upkeep.unlinking.signOutOthers({ password: SECOND })).toMatchObject({ outcome: 'ok' });
    expect(await opens(second, SECOND)).toBe('itself');
    expect(await opens(second, PASSWORD)).toBe('no');
    expect(await second.upkeep.unlinking.signOutOthers({ password: PASSWORD })).toMatchObject({
      failure: { code: 'wrongCredentials' },
    });
  });

  it('opens a device that has missed several', async () => {
    const { anna, second } = await twoDevices();
    second.connection.cut();
    const { change, earlier } = toolsOf(anna);
    expect(await codeOf(change.change({ password: PASSWORD }, SECOND))).toBe('ok');
    expect(await codeOf(change.change({ password: SECOND }, THIRD))).toBe('ok');
    expect(earlier.list()).toHaveLength(2);
    await until(() => {
      anna.clock.advance(3_000);
      return anna.database.get('SELECT 1 FROM storage_record WHERE changes > written') === undefined;
    });
    second.connection.mend();
    await until(() => toolsOf(second).earlier.list().length === 2);
    expect(await opens(second, THIRD)).toBe('by an earlier one');
    expect(await opens(second, SECOND)).toBe('by an earlier one');
  });

  it('opens the recovery seeds that wait on this device as well', async () => {
    const { anna } = await twoDevices();
    const accounts = new AccountRepository(anna.database);
    const { stretch } = anna.record;
    const old = await derivePasswordKeys(parsePassword(PASSWORD)!, { ...stretch, salt: StretchSalt.of(stretch.salt) });
    const context = { owner: anna.record, random: systemRandom };
    const [seed, next] = [RecoverySeed.generate(systemRandom), RecoverySeed.generate(systemRandom)];
    const wrappedRecoverySeed = recoverySeedWrapping.wrap(seed, old.passwordKey, context);
    accounts.save({ ...anna.present, keys: { ...keysOf(anna), wrappedRecoverySeed } });
    const newRoots = new NewRootRepository(anna.database);
    const { accountIdentityKey, recoveryPublicKey } = keysOf(anna);
    const wrappedSeed = recoverySeedWrapping.wrap(next, old.passwordKey, context);
    newRoots.save({ wrappedSeed, accountIdentityKey, recoveryPublicKey, request: '{}', effectiveAt: undefined });
    const { change, wrappedKeys } = toolsOf(anna);
    expect(await codeOf(change.change({ password: PASSWORD }, SECOND))).toBe('ok');
    const opened = await wrappedKeys.open(parsePassword(SECOND)!);
    expect(wrappedKeys.unwrapSeed(keysOf(anna).wrappedRecoverySeed!, opened)?.unwrap()).toEqual(seed.unwrap());
    expect(keysOf(anna).wrappedRecoverySeed).not.toEqual(wrappedRecoverySeed);
    expect(wrappedKeys.unwrapSeed(newRoots.find()!.wrappedSeed, opened)?.unwrap()).toEqual(next.unwrap());
  });

  it('is not taken without the present one, or where it is weak', async () => {
    const { server, anna } = await twoDevices();
    const { change, earlier } = toolsOf(anna);
    await expect(change.change({ password: PASSWORD }, 'anna anna anna')).rejects.toMatchObject({
      failure: { code: 'passwordTooWeak' },
    });
    expect(await codeOf(change.change({ password: SECOND }, THIRD))).toBe('wrongCredentials');
    server.refuseCall = (route) =>
      route === 'changePassword' ? { outcome: 'refused', code: 'rateLimited', retryAfterMs: 60_000 } : undefined;
    expect(await codeOf(change.change({ password: PASSWORD }, SECOND))).toBe('rateLimited');
    expect(earlier.list()).toEqual([]);
    expect(await opens(anna, PASSWORD)).toBe('itself');
    expect(await opens(anna, SECOND)).toBe('no');
  });

  it.each(['before', 'after'] as const)(
    'of which no answer came (%s the server had it) loses nothing',
    async (when) => {
      const { server, anna } = await twoDevices();
      const { change } = toolsOf(anna);
      breakAt(server, 'changePassword', when, () => anna.connection.cut());
      expect(await codeOf(change.change({ password: PASSWORD }, SECOND))).toBe('passwordInDoubt');
      anna.connection.mend();
      expect(await opens(anna, PASSWORD)).toBe('itself');
      expect(await opens(anna, SECOND)).toBe('by an earlier one');
      const [right, wrong] = when === 'after' ? [SECOND, PASSWORD] : [PASSWORD, SECOND];
      expect(await anna.upkeep.unlinking.signOutOthers({ password: wrong })).toMatchObject({ outcome: 'failed' });
      expect(await anna.upkeep.unlinking.signOutOthers({ password: right })).toMatchObject({ outcome: 'ok' });
      expect(await opens(anna, right)).toBe('itself');
    },
  );

  it('is asked for again where only the answer was lost', async () => {
    const { server, anna } = await twoDevices();
    breakAt(server, 'changePassword', 'after', () => undefined);
    expect(await codeOf(toolsOf(anna).change.change({ password: PASSWORD }, SECOND))).toBe('ok');
    expect(server.calls.filter((route) => route === 'changePassword')).toHaveLength(2);
    expect(await opens(anna, SECOND)).toBe('itself');
  });

  it('is in doubt where the repetition is refused: the first attempt may have been taken', async () => {
    const { server, anna } = await twoDevices();
    breakAt(server, 'changePassword', 'after', () => {
      server.refuseCall = (route) =>
        route === 'changePassword' ? { outcome: 'refused', code: 'rateLimited', retryAfterMs: 60_000 } : undefined;
    });
    expect(await codeOf(toolsOf(anna).change.change({ password: PASSWORD }, SECOND))).toBe('passwordInDoubt');
    expect(await opens(anna, SECOND)).toBe('by an earlier one');
    expect(await anna.upkeep.unlinking.signOutOthers({ password: SECOND })).toMatchObject({ outcome: 'ok' });
    expect(await opens(anna, SECOND)).toBe('itself');
  });

  it.each(['before', 'after'] as const)('is whole after a crash %s the server had it', async (when) => {
    const { server, anna } = await twoDevices();
    let comeBack: (() => Promise<void>) | undefined;
    breakAt(server, 'changePassword', when, () => {
      comeBack = anna.crash();
    });
    await toolsOf(anna).change.change({ password: PASSWORD }, SECOND);
    await comeBack?.();
    const [right] = when === 'after' ? [SECOND] : [PASSWORD];
    expect(await anna.upkeep.unlinking.signOutOthers({ password: right })).toMatchObject({ outcome: 'ok' });
    expect(await opens(anna, right)).toBe('itself');
  });
});

describe('a password that was reset by mail', () => {
  const reset = async () => {
    const devices = await twoDevices();
    const { anna, server } = devices;
    const { stretch } = anna.record;
    const keys = await derivePasswordKeys(parsePassword(SECOND)!, { ...stretch, salt: StretchSalt.of(stretch.salt) });
    server.accountOf(anna.deviceId).secret = new Uint8Array(keys.authenticationSecret.unwrap());
    return devices;
  };

  it('opens no keys, and says so; the one before opens them for both devices', async () => {
    const { anna, second } = await reset();
    const { change, wrappedKeys } = toolsOf(anna);
    expect(await anna.upkeep.unlinking.signOutOthers({ password: SECOND })).toMatchObject({
      failure: { code: 'keysUnderEarlierPassword' },
    });
    expect(wrappedKeys.isClosed).toBe(true);
    expect(await codeOf(change.openWithEarlier({ password: PASSWORD }, PASSWORD))).toBe('wrongCredentials');
    expect(await codeOf(change.openWithEarlier({ password: SECOND }, THIRD))).toBe('wrongEarlierPassword');
    expect(await codeOf(change.openWithEarlier({ password: SECOND }, PASSWORD))).toBe('ok');
    expect(wrappedKeys.isClosed).toBe(false);
    expect(await opens(anna, SECOND)).toBe('itself');
    expect(await anna.upkeep.unlinking.signOutOthers({ password: SECOND })).toMatchObject({ outcome: 'ok' });
    await recordWritten(anna, second);
    expect(await opens(second, SECOND)).toBe('by an earlier one');
  });

  it('can be changed before the keys are opened, and they open afterwards all the same', async () => {
    const { anna } = await reset();
    const { change } = toolsOf(anna);
    expect(await codeOf(change.change({ password: SECOND }, THIRD))).toBe('ok');
    expect(await opens(anna, THIRD)).toBe('no');
    expect(await codeOf(change.openWithEarlier({ password: THIRD }, PASSWORD))).toBe('ok');
    expect(await opens(anna, THIRD)).toBe('itself');
    expect(await opens(anna, PASSWORD)).toBe('no');
  });
});

describe('what is kept of earlier passwords', () => {
  it('is the newest 32, and nothing of another account opens anything', async () => {
    const { anna, second } = await twoDevices();
    const { earlier, wrappedKeys } = toolsOf(anna);
    const { stretch } = anna.record;
    const keys = await derivePasswordKeys(parsePassword(SECOND)!, { ...stretch, salt: StretchSalt.of(stretch.salt) });
    for (let count = 0; count < 40; count += 1) wrappedKeys.keepEarlier(keys.passwordKey, keys.passwordKey);
    expect(earlier.list()).toHaveLength(32);
    const foreign = linkKeyWrapping.wrap(
      { role: 'link key', unwrap: () => new Uint8Array(32) } as never,
      keys.passwordKey,
      { owner: second.record, random: systemRandom },
    );
    earlier.add({ wrapped: foreign, changedAt: 9_000_000_000_000 as never });
    expect(await opens(anna, SECOND)).toBe('no');
  });
});
