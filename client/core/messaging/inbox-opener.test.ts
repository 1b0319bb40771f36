import { describe, expect, it } from '@jest/globals';
import type { Received } from '@sotto/crypto';
import { LIMITS } from '@sotto/protocol/wire';
import { ManualClock } from '../net/testing/manual-clock.js';
import { InboxRepository } from '../storage/inbox-repository.js';
import { StorageError } from '../storage/storage-error.js';
import { at, newAccountId, newEnvelopeId } from '../testing/known-values.js';
import { temporaryDatabase } from '../testing/temporary-profile.js';
import { until } from '../testing/until.js';
import { InboxOpener } from './inbox-opener.js';

type Parts = ConstructorParameters<typeof InboxOpener>[0];
type Entry = Received<{ readonly ciphertext: Uint8Array }, never>['envelope'];

/** An inbox with `count` envelopes; `open` stands for the ratchet, and opens nothing but as a duplicate. */
const inboxOf = (count: number, open: (first: number, size: number) => void) => {
  const database = temporaryDatabase();
  const entries = new InboxRepository(database);
  for (let index = 0; index < count; index += 1) {
    entries.add({
      envelopeId: newEnvelopeId(),
      kind: 'sealed',
      ciphertext: new Uint8Array([index + 1]),
      serverTime: at(1),
    });
  }
  const clock = new ManualClock();
  const batches: number[] = [];
  const messenger = {
    receive: async (batch: readonly Entry[], { commit }: { commit: (received: readonly unknown[]) => void }) => {
      batches.push(batch.length);
      open(batch[0]?.ciphertext[0] ?? 0, batch.length);
      const received = batch.map((envelope) => ({ envelope, result: { outcome: 'duplicate' } }));
      database.atomically(() => commit(received));
      return received;
    },
    archiveSessions: async () => undefined,
  };
  const parts = {
    self: newAccountId(),
    messenger,
    entries,
    clock,
    trust: () => ({}),
    devices: {},
    chats: {},
    receiver: { receive: () => [] },
    feed: {},
    log: () => undefined,
    onOpened: () => undefined,
    onSetAside: () => undefined,
  } as unknown as Parts;
  return { opener: new InboxOpener(parts), entries, clock, batches };
};

describe('opening the inbox', () => {
  it('takes at most 50 at once, until nothing is left', async () => {
    const { opener, entries, batches } = inboxOf(LIMITS.envelopesPerDelivery, () => undefined);
    opener.open();
    opener.open();
    await until(() => entries.next(0, 1).length === 0);
    await opener.stop();
    expect(batches.every((size) => size <= 50)).toBe(true);
    expect(batches.reduce((sum, size) => sum + size, 0)).toBe(100);
  });

  it('is not kept from the others by a fault of ours in one of them, which stays for the next start', async () => {
    const { opener, entries } = inboxOf(60, (first, size) => {
      if (first <= 7 && first + size > 7) throw new Error('a bug that envelope 7 brings out');
    });
    opener.open();
    await until(() => entries.next(0, 100).length === 1);
    expect(entries.next(0, 1)[0]?.ciphertext).toEqual(new Uint8Array([7]));
    await opener.stop();
  });

  it('stops at storage that does not work, changes nothing, and goes on later', async () => {
    let isBroken = true;
    const { opener, entries, clock, batches } = inboxOf(10, () => {
      if (isBroken) throw new StorageError('failed', 'the disk is full');
    });
    opener.open();
    await until(() => clock.pending > 0);
    expect(batches).toEqual([10]);
    expect(entries.next(0, 100)).toHaveLength(10);
    isBroken = false;
    clock.advance(5_000);
    await until(() => entries.next(0, 1).length === 0);
    await opener.stop();
  });
});
