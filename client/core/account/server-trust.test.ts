import { beforeEach, describe, expect, it } from '@jest/globals';
import { createServerKeys, systemRandom, type ServerKeyRing } from '@sotto/crypto/server';
import { ManualClock } from '../net/testing/manual-clock.js';
import type { AnonymousApi, CallResult } from '../net/types.js';
import { ServerTrust } from './server-trust.js';
import { withNextReceiptKey } from './testing/next-server-keys.js';
import type { AccountRecord, AccountStore } from './types.js';

describe('ServerTrust', () => {
  let pinned: ServerKeyRing;
  /** What the server shows. */
  let shown: ServerKeyRing;
  let away: CallResult<never> | undefined;
  let record: AccountRecord;
  let saves: number;
  let asked: number;
  let trust: ServerTrust;

  beforeEach(() => {
    pinned = createServerKeys(systemRandom);
    shown = pinned;
    away = undefined;
    saves = 0;
    asked = 0;
    const origin = 'https://chat.example.org';
    record = { server: { origin, trustRoot: pinned.trustRoot, keys: pinned.signed } } as unknown as AccountRecord;
    const accounts: AccountStore = {
      find: () => record,
      save: (next) => {
        saves += 1;
        record = next;
      },
      discardPending: () => undefined,
    };
    const call = async (): Promise<CallResult<unknown>> => {
      asked += 1;
      const { trustRoot, signed } = shown;
      const serverTime = new ManualClock().now();
      return (
        away ?? {
          outcome: 'ok',
          value: { name: 'sotto', version: '0.1.0', serverTime, registration: 'open', trustRoot, keys: signed },
        }
      );
    };
    trust = new ServerTrust(accounts, { call: call as AnonymousApi['call'] });
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
