import { beforeEach, describe, expect, it } from '@jest/globals';
import { createAccount, systemRandom, type LocalIdentity } from '@sotto/crypto';
import { createServerKeys, issueSenderCertificate, type ServerKeyRing } from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import { ManualClock } from '../net/testing/manual-clock.js';
import type { AccountApi, CallResult } from '../net/types.js';
import { SenderCertificates } from './sender-certificates.js';
import { ServerTime } from './server-time.js';

const HOUR_MS = 3_600_000;
const AWAY: CallResult<never> = { outcome: 'away', reason: 'unreachable' };

describe('SenderCertificates', () => {
  let clock: ManualClock;
  let ring: ServerKeyRing;
  let trusted: ServerKeyRing;
  let identity: LocalIdentity;
  let serverTime: ServerTime;
  let certificates: SenderCertificates;
  /** What the server issues for, and until when. */
  let issuedFor: LocalIdentity;
  let lifetimeMs: number;
  let answer: CallResult<unknown> | undefined;
  let asked: number;
  let renewals: number;

  const newIdentity = (): LocalIdentity => createAccount({ random: systemRandom, clock }).device;

  beforeEach(() => {
    clock = new ManualClock();
    ring = createServerKeys(systemRandom);
    trusted = ring;
    identity = newIdentity();
    issuedFor = identity;
    lifetimeMs = 24 * HOUR_MS;
    answer = undefined;
    asked = 0;
    renewals = 0;
    serverTime = new ServerTime(clock);
    const call = async (): Promise<CallResult<unknown>> => {
      asked += 1;
      if (answer !== undefined) return answer;
      const { deviceId, identityKeyPair } = issuedFor;
      const expiresAt = (serverTime.now() + lifetimeMs) as UnixMs;
      const device = { deviceId, identityKey: identityKeyPair.publicKey };
      return { outcome: 'ok', value: { certificate: issueSenderCertificate(ring, device, expiresAt), expiresAt } };
    };
    certificates = new SenderCertificates({
      api: { call: call as AccountApi['call'] },
      identity,
      serverTime,
      trust: {
        get senderTrust() {
          return { trustRoot: trusted.trustRoot, serverCertificates: [trusted.keys.certificate] };
        },
        renew: async () => {
          renewals += 1;
          return false;
        },
      },
    });
  });

  const outcome = async (): Promise<string> => (await certificates.get()).outcome;

  it('are fetched once and kept until six hours before their end', async () => {
    const [first, second] = await Promise.all([certificates.get(), certificates.get()]);
    expect(first).toMatchObject({ outcome: 'ok', value: { expiresAt: clock.now() + 24 * HOUR_MS } });
    expect(second).toBe(first);
    clock.advance(18 * HOUR_MS - 1);
    expect(await outcome()).toBe('ok');
    expect(asked).toBe(1);
    clock.advance(1);
    expect(await certificates.get()).toMatchObject({ value: { expiresAt: clock.now() + 24 * HOUR_MS } });
    expect(asked).toBe(2);
  });

  it('last through an outage until minutes before their end, and not longer', async () => {
    await certificates.get();
    answer = AWAY;
    clock.advance(24 * HOUR_MS - 5 * 60_000 - 1);
    expect(await outcome()).toBe('ok');
    clock.advance(1);
    expect(await certificates.get()).toEqual(AWAY);
    answer = { outcome: 'refused', code: 'rateLimited', retryAfterMs: 9 };
    expect(await certificates.get()).toEqual(answer);
  });

  it.each<[string, () => void]>([
    [
      'of another device',
      () => {
        issuedFor = newIdentity();
      },
    ],
    [
      'with an identity key that is not its device’s',
      () => {
        issuedFor = { ...newIdentity(), deviceId: identity.deviceId };
      },
    ],
    [
      'under another trust root',
      () => {
        ring = createServerKeys(systemRandom);
      },
    ],
    [
      'that has ended already',
      () => {
        lifetimeMs = -1;
      },
    ],
    [
      'that are no certificates',
      () => {
        answer = { outcome: 'ok', value: { certificate: new Uint8Array(100).fill(1), expiresAt: clock.now() } };
      },
    ],
  ])('%s are never handed out', async (_, bend) => {
    bend();
    expect(await certificates.get()).toEqual({ outcome: 'unverifiable' });
    expect(renewals).toBe(1);
  });

  it('under newer keys of the same server are taken once those are known', async () => {
    const newer = createServerKeys(systemRandom);
    ring = newer;
    const refused = certificates.get();
    trusted = newer;
    expect((await refused).outcome).toBe('ok');
  });

  it('are judged by the time of the server, not by a clock that is days off', async () => {
    clock.sleep(-3 * 24 * HOUR_MS);
    serverTime.observe((clock.now() + 3 * 24 * HOUR_MS) as UnixMs);
    expect(await outcome()).toBe('ok');
    clock.advance(HOUR_MS);
    expect(await outcome()).toBe('ok');
    expect(asked).toBe(1);
  });
});
