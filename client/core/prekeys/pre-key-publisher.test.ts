import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createAccount, systemRandom, verifyPreKeyUpload } from '@sotto/crypto';
import type { PublishPreKeysRequest } from '@sotto/protocol/wire';
import { ManualClock } from '../net/testing/manual-clock.js';
import type { AccountApi, CallResult } from '../net/types.js';
import type { ProfileDatabase } from '../storage/database.js';
import { PreKeyRepository } from '../storage/pre-key-repository.js';
import { temporaryDatabase } from '../testing/temporary-profile.js';
import { PreKeyPublisher } from './pre-key-publisher.js';
import type { PreKeyEvent } from './types.js';

const DAY_MS = 24 * 3_600_000;
const REGISTRATION_ID = 4_711;
const AWAY: CallResult<never> = { outcome: 'away', reason: 'unreachable' };

/** Takes uploads as the real one does: one-time keys are added, the other two replaced. */
class PreKeyServer {
  readonly uploads: PublishPreKeysRequest[] = [];
  readonly oneTime = new Set<number>();
  readonly kyberOneTime = new Set<number>();
  signed = 0;
  lastResort = 0;
  /** What happens to the next upload. */
  next: 'take' | 'lose' | 'loseTheAnswer' | 'refuse' = 'take';
  isAway = false;
  claimsToBeEmpty = false;
  /** It knows nothing of this device but its certificate. */
  wantsAll = false;
  asked = 0;

  readonly api: AccountApi = {
    call: (async (route: string, input: { body: PublishPreKeysRequest }) =>
      route === 'preKeyCounts' ? this.#counts() : this.#publish(input.body)) as unknown as AccountApi['call'],
  };

  #counts(): CallResult<unknown> {
    this.asked += 1;
    if (this.isAway) return AWAY;
    const value = this.claimsToBeEmpty
      ? { oneTimePreKeys: 0, oneTimeKyberPreKeys: 0 }
      : { oneTimePreKeys: this.oneTime.size, oneTimeKyberPreKeys: this.kyberOneTime.size };
    return { outcome: 'ok', value: this.wantsAll ? { ...value, wantsAll: true } : value };
  }

  #publish(upload: PublishPreKeysRequest): CallResult<unknown> {
    const { next } = this;
    this.next = 'take';
    this.uploads.push(upload);
    if (next === 'lose') return AWAY;
    if (next === 'refuse') return { outcome: 'refused', code: 'invalidPreKeys', retryAfterMs: 0 };
    for (const { id } of upload.oneTimePreKeys) this.oneTime.add(id);
    for (const { id } of upload.oneTimeKyberPreKeys) this.kyberOneTime.add(id);
    this.signed = upload.signedPreKey?.id ?? this.signed;
    this.lastResort = upload.lastResortKyberPreKey?.id ?? this.lastResort;
    if (upload.registrationId !== undefined) this.wantsAll = false;
    return next === 'loseTheAnswer' ? AWAY : { outcome: 'ok', value: {} };
  }

  claim(left: number): void {
    for (const ids of [this.oneTime, this.kyberOneTime]) {
      for (const id of [...ids].slice(left)) ids.delete(id);
    }
  }
}

jest.setTimeout(30_000);

describe('PreKeyPublisher', () => {
  const account = createAccount({ random: systemRandom, clock: new ManualClock() });
  const { privateKey, publicKey } = account.device.identityKeyPair;
  let server: PreKeyServer;
  let clock: ManualClock;
  let database: ProfileDatabase;
  let store: PreKeyRepository;
  let events: PreKeyEvent[];
  let upkeep: PreKeyPublisher;

  beforeEach(() => {
    server = new PreKeyServer();
    clock = new ManualClock();
    database = temporaryDatabase();
    store = new PreKeyRepository(database);
    events = [];
    upkeep = anotherRun();
  });

  /** As after a restart. */
  const anotherRun = (atomically: ProfileDatabase['atomically'] = database.atomically): PreKeyPublisher =>
    new PreKeyPublisher({
      registrationId: REGISTRATION_ID,
      api: server.api,
      store,
      atomically,
      identityKey: privateKey,
      clock,
      log: (event) => events.push(event),
    });

  const storedIds = (table: string): number[] =>
    database.all(`SELECT id FROM ${table} ORDER BY id`).map((row) => row['id'] as number);
  const lastResortIds = (): number[] =>
    store
      .listLastResort()
      .map(({ id }) => id)
      .sort((left, right) => left - right);

  it('publishes a full stock that verifies, every private half of it stored', async () => {
    await upkeep.run();
    const [upload] = server.uploads;
    expect(verifyPreKeyUpload(publicKey, upload!).outcome).toBe('verified');
    expect(upload!.oneTimePreKeys).toHaveLength(100);
    expect(upload!.oneTimeKyberPreKeys).toHaveLength(100);
    expect(storedIds('pre_key')).toEqual(upload!.oneTimePreKeys.map(({ id }) => id));
    expect(storedIds('signed_pre_key')).toEqual([upload!.signedPreKey!.id]);
    expect(storedIds('kyber_pre_key')).toEqual([
      ...upload!.oneTimeKyberPreKeys.map(({ id }) => id),
      upload!.lastResortKyberPreKey!.id,
    ]);
    expect(store.findPublication()).toEqual({
      signedPreKeyId: server.signed,
      lastResortKyberPreKeyId: server.lastResort,
      publishedAt: clock.now(),
    });
    expect(events).toEqual([{ event: 'published', oneTime: 100, kyberOneTime: 100, rotated: true }]);
    await upkeep.run();
    expect(server.uploads).toHaveLength(1);
  });

  it('refills below ten up to a hundred, and leaves ten alone', async () => {
    await upkeep.run();
    server.claim(10);
    clock.advance(3_600_000);
    await upkeep.run();
    expect(server.uploads).toHaveLength(1);
    server.claim(9);
    await upkeep.run();
    expect(server.uploads[1]).toMatchObject({ oneTimePreKeys: { length: 91 }, oneTimeKyberPreKeys: { length: 91 } });
    expect(server.uploads[1]).not.toHaveProperty('signedPreKey');
    expect([server.oneTime.size, server.kyberOneTime.size]).toEqual([100, 100]);
    expect(new Set(storedIds('pre_key')).size).toBe(191);
  });

  it('rotates the signed and the last-resort key every two days', async () => {
    await upkeep.run();
    const first = [server.signed, server.lastResort];
    clock.advance(2 * DAY_MS - 1);
    await upkeep.run();
    expect([server.signed, server.lastResort]).toEqual(first);
    clock.advance(1);
    await upkeep.run();
    expect(server.signed).not.toBe(first[0]);
    expect(server.lastResort).not.toBe(first[1]);
    expect(server.uploads[1]).toMatchObject({ oneTimePreKeys: [], oneTimeKyberPreKeys: [] });
    expect(storedIds('signed_pre_key')).toEqual([first[0], server.signed]);
  });

  it('gives everything to a server that knows nothing of this device but its certificate, until it has it', async () => {
    await upkeep.run();
    expect(server.uploads[0]).not.toHaveProperty('registrationId');
    server.claim(0);
    server.wantsAll = true;
    server.next = 'lose';
    await anotherRun().run();
    await anotherRun().run();
    const [, lost, taken] = server.uploads;
    expect(lost).toMatchObject({ registrationId: REGISTRATION_ID, oneTimePreKeys: { length: 100 } });
    // The keys of the attempt that was lost are used up first.
    expect(taken?.signedPreKey).toEqual(lost?.signedPreKey);
    expect(taken).toMatchObject({ registrationId: REGISTRATION_ID, oneTimePreKeys: { length: 100 } });
    await anotherRun().run();
    expect(server.uploads).toHaveLength(3);
  });

  it('keeps a replaced key for 30 days from its replacement, also after a long time offline', async () => {
    await upkeep.run();
    const old = { signed: server.signed, lastResort: server.lastResort };
    clock.advance(60 * DAY_MS);
    await upkeep.run();
    const present = { signed: server.signed, lastResort: server.lastResort };
    expect(storedIds('signed_pre_key')).toEqual([old.signed, present.signed]);
    clock.advance(30 * DAY_MS - 1);
    // Offline in between, so that nothing else rotates.
    await anotherRun().run();
    expect(storedIds('signed_pre_key')).toContain(old.signed);
    expect(lastResortIds()).toContain(old.lastResort);
    clock.advance(1);
    await anotherRun().run();
    expect(storedIds('signed_pre_key')).not.toContain(old.signed);
    expect(lastResortIds()).not.toContain(old.lastResort);
    expect(storedIds('signed_pre_key')).toContain(present.signed);
    expect(lastResortIds()).toContain(present.lastResort);
    // One-time keys have no date: they stay until they are used.
    expect(storedIds('pre_key')).toHaveLength(100);
  });

  it('never deletes the keys in use, however the clock jumps', async () => {
    await upkeep.run();
    clock.sleep(-365 * DAY_MS);
    await upkeep.run();
    const inUse = [server.signed, server.lastResort];
    for (let days = 0; days < 3; days += 1) {
      clock.sleep(1);
      await upkeep.run();
    }
    clock.sleep(400 * DAY_MS);
    server.isAway = true;
    await upkeep.run();
    expect(storedIds('signed_pre_key')).toContain(inUse[0]);
    expect(lastResortIds()).toContain(inUse[1]);
    server.isAway = false;
    await upkeep.run();
    expect(storedIds('signed_pre_key')).toContain(server.signed);
    expect(lastResortIds()).toContain(server.lastResort);
  });

  it.each(['lose', 'loseTheAnswer'] as const)(
    'publishes the same rotated keys again where the server may have taken them (%s)',
    async (next) => {
      await upkeep.run();
      const before = server.signed;
      clock.advance(2 * DAY_MS);
      server.next = next;
      await upkeep.run();
      expect(store.findPublication()?.signedPreKeyId).toBe(before);
      expect(events.at(-1)).toEqual({ event: 'notPublished', code: 'unreachable' });
      clock.advance(DAY_MS);
      await anotherRun().run();
      const [, lost, repeated] = server.uploads;
      expect(repeated!.signedPreKey).toEqual(lost!.signedPreKey);
      expect(repeated!.lastResortKyberPreKey).toEqual(lost!.lastResortKyberPreKey);
      expect(store.findPublication()).toMatchObject({ signedPreKeyId: server.signed, publishedAt: clock.now() });
      expect(storedIds('signed_pre_key')).toEqual([before, server.signed]);
    },
  );

  it('holds every key that the server gives out, whichever moment it is killed at', async () => {
    // Dies at the n-th transaction: before it, or after its commit.
    for (const moment of ['before', 'after'] as const) {
      for (let victim = 1; victim <= 2; victim += 1) {
        clock.advance(2 * DAY_MS);
        server.claim(3);
        let count = 0;
        const dying = <T>(work: () => T): T => {
          count += 1;
          if (count === victim && moment === 'before') throw new Error('killed');
          const result = database.atomically(work);
          if (count === victim) throw new Error('killed');
          return result;
        };
        await expect(anotherRun(dying).run()).rejects.toThrow('killed');
        for (const id of server.oneTime) expect(storedIds('pre_key')).toContain(id);
        if (server.signed !== 0) {
          expect(storedIds('signed_pre_key')).toContain(server.signed);
          expect(lastResortIds()).toContain(server.lastResort);
        }
        await anotherRun().run();
        expect(store.findPublication()).toMatchObject({
          signedPreKeyId: server.signed,
          lastResortKyberPreKeyId: server.lastResort,
        });
      }
    }
  });

  it('tells when the server refuses, and tries again the next time', async () => {
    server.next = 'refuse';
    await upkeep.run();
    expect(events).toEqual([{ event: 'notPublished', code: 'invalidPreKeys' }]);
    expect(store.findPublication()).toBeUndefined();
    await upkeep.run();
    expect(store.findPublication()).toBeDefined();
  });

  it('gives a server that always claims to be empty one refill an hour', async () => {
    server.claimsToBeEmpty = true;
    for (let minute = 0; minute < 120; minute += 10) {
      await upkeep.run();
      clock.advance(600_000);
    }
    expect(server.uploads).toHaveLength(2);
  });

  it('does nothing while the server is away', async () => {
    server.isAway = true;
    await upkeep.run();
    expect(storedIds('pre_key')).toEqual([]);
  });

  it('shares one run among those who ask at once', async () => {
    await Promise.all([upkeep.run(), upkeep.run(), upkeep.run()]);
    expect(server.asked).toBe(1);
    expect(server.uploads).toHaveLength(1);
  });

  it('runs daily once started, until it is stopped, and tells what broke', async () => {
    upkeep.start();
    upkeep.start();
    clock.advance(DAY_MS);
    await upkeep.run();
    clock.advance(DAY_MS);
    await upkeep.run();
    expect(server.asked).toBe(2);
    const error = new Error('disk full');
    store.findPublication = () => {
      throw error;
    };
    clock.advance(DAY_MS);
    await expect(upkeep.run()).rejects.toBe(error);
    await Promise.resolve();
    expect(events.at(-1)).toEqual({ event: 'failed', error });
    upkeep.stop();
    expect(clock.pending).toBe(0);
  });
});
