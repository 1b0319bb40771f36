import { beforeEach, describe, expect, it } from '@jest/globals';
import { createServerKeys, systemRandom, type ServerKeyRing } from '@sotto/crypto/server';
import { ManualClock } from '../net/testing/manual-clock.js';
import type { AnonymousApi, CallResult } from '../net/types.js';
import { ServerTrust } from './server-trust.js';
import { withNextCertificateKey, withNextReceiptKey } from './testing/next-server-keys.js';
import type { AccountRecord, AccountStore } from './types.js';

const DAY_MS = 24 * 3_600_000;

describe('ServerTrust', () => {
  let pinned: ServerKeyRing;
  /** What the server shows. */
  let shown: ServerKeyRing;
  let away: CallResult<never> | undefined;
  let record: AccountRecord;
  let saves: number;
  let asked: number;
  let trust: ServerTrust;
  let clock: ManualClock;

  beforeEach(() => {
    pinned = createServerKeys(systemRandom);
    shown = pinned;
    away = undefined;
    saves = 0;
    asked = 0;
    clock = new ManualClock();
    const origin = 'https://chat.example.org';
    record = {
      server: { origin, trustRoot: pinned.trustRoot, keys: pinned.signed, replaced: [] },
    } as unknown as AccountRecord;
    const accounts: AccountStore = {
      find: () => record,
      save: (next) => {
        saves += 1;
        record = next;
      },
      discardPending: () => undefined,
      discardRecovering: () => undefined,
    };
    const call = async (): Promise<CallResult<unknown>> => {
      asked += 1;
      const { trustRoot, signed } = shown;
      const serverTime = clock.now();
      return (
        away ?? {
          outcome: 'ok',
          value: {
            name: 'sotto',
            version: '0.1.0',
            serverTime,
            registration: 'open',
            mail: false,
            trustRoot,
            keys: signed,
          },
        }
      );
    };
    trust = new ServerTrust(accounts, { call: call as AnonymousApi['call'] }, clock);
  });

  it('takes up newer keys of the pinned root, keeps them, and tells that the receipt key is another', async () => {
    shown = withNextReceiptKey(pinned);
    expect(trust.current()).toEqual(pinned.keys.receiptKey);
    expect(await Promise.all([trust.renew(), trust.renew()])).toEqual([true, true]);
    expect(asked).toBe(1);
    expect(trust.current()).toEqual(shown.keys.receiptKey);
    expect(trust.senderTrust).toEqual({
      trustRoot: pinned.trustRoot,
      serverCertificates: [pinned.keys.certificate],
    });
    expect(record.server).toMatchObject({ trustRoot: pinned.trustRoot, keys: shown.signed });
  });

  it('goes on believing a certificate that was replaced while envelopes sealed under it may wait, and no longer', async () => {
    const [second, third] = [withNextCertificateKey(pinned), withNextCertificateKey(withNextCertificateKey(pinned))];
    const believed = () => trust.senderTrust.serverCertificates;
    shown = second;
    // The receipt key is the same.
    expect(await trust.renew()).toBe(false);
    expect(believed()).toEqual([second.keys.certificate, pinned.keys.certificate]);
    clock.advance(30 * DAY_MS);
    shown = third;
    await trust.renew();
    expect(believed()).toEqual([third.keys.certificate, pinned.keys.certificate, second.keys.certificate]);
    clock.advance(DAY_MS);
    expect(believed()).toHaveLength(3);
    clock.advance(1);
    expect(believed()).toEqual([third.keys.certificate, second.keys.certificate]);
    shown = withNextReceiptKey(third);
    await trust.renew();
    expect(believed()).toEqual([third.keys.certificate, second.keys.certificate]);
    expect(record.server.replaced).toHaveLength(1);
  });

  it('does not go back when another call has learned of newer keys meanwhile', async () => {
    const second = withNextReceiptKey(pinned);
    const third = withNextReceiptKey(second);
    shown = second;
    const renewing = trust.renew();
    record = { ...record, server: { ...record.server, keys: third.signed } };
    await renewing;
    expect(trust.current()).toEqual(third.keys.receiptKey);
  });

  it('writes nothing while nothing has changed', async () => {
    expect(await trust.renew()).toBe(false);
    expect(saves).toBe(0);
  });

  it.each<[string, () => ServerKeyRing]>([
    ['older keys', () => pinned],
    ['another root', () => createServerKeys(systemRandom)],
    ['other keys of the same version', () => withNextReceiptKey(pinned)],
    ['newer keys that the root has not signed', () => ({ ...withNextReceiptKey(pinned), signed: forged() })],
  ])('keeps what it has before a server that shows %s', async (_, show) => {
    const newer = withNextReceiptKey(pinned);
    shown = newer;
    await trust.renew();
    shown = show();
    expect(await trust.renew()).toBe(false);
    expect(trust.current()).toEqual(newer.keys.receiptKey);
    expect(record.server.keys).toEqual(newer.signed);
  });

  const forged = (): ServerKeyRing['signed'] => {
    const next = withNextReceiptKey(withNextReceiptKey(pinned));
    return { ...next.signed, signature: pinned.signed.signature };
  };

  it('keeps what it has while the server is away', async () => {
    away = { outcome: 'away', reason: 'unreachable' };
    expect(await trust.renew()).toBe(false);
    expect(trust.current()).toEqual(pinned.keys.receiptKey);
  });
});
