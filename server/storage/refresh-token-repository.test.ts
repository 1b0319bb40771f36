import { expect, it } from '@jest/globals';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { at, bytes, deviceId, NOW, registered } from '../testing/records.js';
import type { DeviceAddress } from './device-repository.js';
import type { NewRefreshTokenFamily, TokenRotation } from './refresh-token-repository.js';

const DAY_MS = 86_400_000;

const family = (address: DeviceAddress, overrides: Partial<NewRefreshTokenFamily> = {}): NewRefreshTokenFamily => ({
  accountId: address.accountId,
  deviceId: address.deviceId,
  tokenHash: bytes(32),
  issuedAt: NOW,
  expiresAt: at(NOW + 30 * DAY_MS),
  ...overrides,
});

const rotation = (
  address: DeviceAddress,
  presentedHash: TokenRotation['presentedHash'],
  overrides: Partial<TokenRotation> = {},
): TokenRotation => ({
  accountId: address.accountId,
  deviceId: address.deviceId,
  presentedHash,
  nextHash: bytes(32),
  now: NOW,
  expiresAt: at(NOW + 30 * DAY_MS),
  ...overrides,
});

describeOnEveryDatabase('refresh tokens', (databases) => {
  it('are exchanged one for the next', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const first = family(device!);
    expect(await storage.refreshTokens.start(first, 5)).toEqual({ type: 'started' });
    const step = rotation(device!, first.tokenHash);
    expect(await storage.refreshTokens.rotate(step)).toEqual({ type: 'rotated' });
    expect(await storage.refreshTokens.rotate(rotation(device!, step.nextHash))).toEqual({ type: 'rotated' });
  });

  it('may be asked for again with the same successor, after a lost answer', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const first = family(device!);
    await storage.refreshTokens.start(first, 5);
    const step = rotation(device!, first.tokenHash);
    await storage.refreshTokens.rotate(step);
    expect(await storage.refreshTokens.rotate(step)).toEqual({ type: 'repeated' });
    expect(await storage.refreshTokens.rotate(step)).toEqual({ type: 'repeated' });
    expect(await storage.refreshTokens.rotate(rotation(device!, step.nextHash))).toEqual({ type: 'rotated' });
    // Two exchanges later it is no longer a lost answer.
    expect(await storage.refreshTokens.rotate(step)).toEqual({ type: 'reused' });
  });

  it.each(['a spent token with another successor', 'a token that never was'])('die as a family at %s', async (what) => {
    const { storage } = await databases.open();
    const [device, sibling] = await registered(storage, 2);
    const first = family(device!);
    const ofSibling = family(sibling!);
    await storage.refreshTokens.start(first, 5);
    await storage.refreshTokens.start(ofSibling, 5);
    const step = rotation(device!, first.tokenHash);
    await storage.refreshTokens.rotate(step);
    const bad = what.startsWith('a spent') ? first.tokenHash : bytes(32);
    expect(await storage.refreshTokens.rotate(rotation(device!, bad))).toEqual({ type: 'reused' });
    expect(await storage.refreshTokens.rotate(rotation(device!, step.nextHash))).toEqual({ type: 'revoked' });
    expect(await storage.refreshTokens.rotate(step)).toEqual({ type: 'revoked' });
    expect(await storage.refreshTokens.rotate(rotation(sibling!, ofSibling.tokenHash))).toEqual({ type: 'rotated' });
  });

  it('have one winner when many exchange at once, and then the family is dead', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const first = family(device!);
    await storage.refreshTokens.start(first, 5);
    const steps = Array.from({ length: 20 }, () => rotation(device!, first.tokenHash));
    const outcomes = await Promise.all(steps.map((step) => storage.refreshTokens.rotate(step)));
    const winner = outcomes.findIndex(({ type }) => type === 'rotated');
    expect(outcomes.map(({ type }) => type).toSorted()).toEqual([
      'reused',
      ...Array<string>(18).fill('revoked'),
      'rotated',
    ]);
    expect(await storage.refreshTokens.rotate(rotation(device!, steps[winner]!.nextHash))).toEqual({ type: 'revoked' });
  });

  it('expire, and an exchange moves their end', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const first = family(device!, { expiresAt: at(NOW + 10) });
    await storage.refreshTokens.start(first, 5);
    const step = rotation(device!, first.tokenHash, { now: at(NOW + 9), expiresAt: at(NOW + 20) });
    expect(await storage.refreshTokens.rotate(step)).toEqual({ type: 'rotated' });
    const late = rotation(device!, step.nextHash, { now: at(NOW + 20) });
    expect(await storage.refreshTokens.rotate(late)).toEqual({ type: 'expired' });
    expect(await storage.refreshTokens.rotate({ ...step, now: at(NOW + 20) })).toEqual({ type: 'expired' });
  });

  it('are one family a device: a new sign-in ends the one before', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const [first, second] = [family(device!), family(device!)];
    await storage.refreshTokens.start(first, 1);
    expect(await storage.refreshTokens.start(second, 1)).toEqual({ type: 'started' });
    expect(await storage.refreshTokens.rotate(rotation(device!, second.tokenHash))).toEqual({ type: 'rotated' });
    expect(await storage.refreshTokens.rotate(rotation(device!, first.tokenHash))).toEqual({ type: 'reused' });
  });

  it('are never more families than allowed, also when all sign in at once', async () => {
    const { storage } = await databases.open();
    const devices = await registered(storage, 8);
    const outcomes = await Promise.all(devices.map((device) => storage.refreshTokens.start(family(device), 5)));
    expect(outcomes.filter(({ type }) => type === 'started')).toHaveLength(5);
    expect(outcomes.filter(({ type }) => type === 'tooManyFamilies')).toHaveLength(3);
  });

  it('make room when a family has ended, expired or died', async () => {
    const { storage } = await databases.open();
    const [ended, expired, dead, next] = await registered(storage, 4);
    const short = family(expired!, { expiresAt: at(NOW + 1) });
    for (const one of [family(ended!), short, family(dead!)]) await storage.refreshTokens.start(one, 3);
    const start = (issuedAt = NOW) => storage.refreshTokens.start(family(next!, { issuedAt }), 3);
    const startAndEnd = async (issuedAt = NOW) => {
      const outcome = await start(issuedAt);
      await storage.refreshTokens.end(next!);
      return outcome.type;
    };
    expect(await startAndEnd()).toBe('tooManyFamilies');
    expect(await startAndEnd(at(NOW + 1))).toBe('started');
    expect(await startAndEnd()).toBe('tooManyFamilies');
    await storage.refreshTokens.end(ended!);
    expect(await startAndEnd()).toBe('started');
    await storage.refreshTokens.start(family(ended!), 3);
    expect(await startAndEnd()).toBe('tooManyFamilies');
    await storage.refreshTokens.rotate(rotation(dead!, bytes(32)));
    expect(await startAndEnd()).toBe('started');
  });

  it('end for a device or for an account, and ending twice is nothing', async () => {
    const { storage } = await databases.open();
    const [one, two] = await registered(storage, 2);
    const [stranger] = await registered(storage);
    const families = [one!, two!, stranger!].map((device) => family(device));
    for (const each of families) await storage.refreshTokens.start(each, 5);
    const rotate = async (index: number) => {
      const each = families[index]!;
      return (await storage.refreshTokens.rotate(rotation(each, each.tokenHash))).type;
    };
    await storage.refreshTokens.end(one!);
    await storage.refreshTokens.end(one!);
    expect(await rotate(0)).toBe('unknown');
    await storage.refreshTokens.endAll(one!.accountId);
    expect(await rotate(1)).toBe('unknown');
    expect(await rotate(2)).toBe('rotated');
  });

  it('tell whether a device is signed in', async () => {
    const { storage } = await databases.open();
    const [device, other] = await registered(storage, 2);
    const live = (now = NOW) => storage.refreshTokens.isLive(device!, now);
    expect(await live()).toBe(false);
    const first = family(device!, { expiresAt: at(NOW + 10) });
    await storage.refreshTokens.start(first, 5);
    expect(await live(at(NOW + 9))).toBe(true);
    expect(await live(at(NOW + 10))).toBe(false);
    expect(await storage.refreshTokens.isLive(other!, NOW)).toBe(false);
    await storage.refreshTokens.rotate(rotation(device!, bytes(32)));
    expect(await live()).toBe(false);
    await storage.refreshTokens.start(family(device!), 5);
    expect(await live()).toBe(true);
    await storage.refreshTokens.end(device!);
    expect(await live()).toBe(false);
  });

  it('are for listed devices alone', async () => {
    const { storage } = await databases.open();
    const [device] = await registered(storage);
    const unknown = { accountId: device!.accountId, deviceId: deviceId() };
    expect(await storage.refreshTokens.start(family(unknown), 5)).toEqual({ type: 'unknownDevice' });
    expect(await storage.refreshTokens.rotate(rotation(unknown, bytes(32)))).toEqual({ type: 'unknown' });
  });
});
