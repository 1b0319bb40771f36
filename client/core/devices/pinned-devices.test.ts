import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createAccount, systemRandom, type ListHash } from '@sotto/crypto';
import { createServerKeys, issueReceipt } from '@sotto/crypto/server';
import type { DeviceListPage } from '@sotto/protocol/wire';
import { ManualClock } from '../net/testing/manual-clock.js';
import { DevicePinRepository } from '../storage/device-pin-repository.js';
import { named, newAccountId } from '../testing/known-values.js';
import { temporaryDatabase } from '../testing/temporary-profile.js';
import { ListFetch } from './list-fetch.js';
import { OwnDeviceStanding } from './own-standing.js';
import { PinnedDevices } from './pinned-devices.js';
import { ListServer } from './testing/list-server.js';
import { hashOf, LISTED_AT, read, stepOf, TestPerson } from './testing/test-person.js';

jest.setTimeout(30_000);

describe('PinnedDevices', () => {
  let anna: TestPerson;
  let server: ListServer;
  let clock: ManualClock;
  let pins: DevicePinRepository;
  let devices: PinnedDevices;

  beforeEach(() => {
    anna = new TestPerson();
    server = new ListServer(anna);
    server.steps = [stepOf(server.ring, anna.genesis, [anna.first.certificate])];
    clock = new ManualClock();
    pins = new DevicePinRepository(temporaryDatabase());
    devices = anotherRun();
  });

  /** As after a restart: the same pins, nothing else. */
  const anotherRun = (): PinnedDevices =>
    new PinnedDevices({ pins, clock, lists: new ListFetch({ api: server.api, pins, receiptKeys: server, clock }) });

  const firstDevice = () => anna.first.device.deviceId;
  const secondDevice = () => anna.second.device.deviceId;

  /** Makes the person's next lists, receipts them, and gives them to the server. */
  const append = (...names: ('first' | 'second')[][]) => {
    for (const devicesOfList of names) {
      const previous = server.steps.at(-1)!.list as never;
      const members = devicesOfList.map((name) => anna[name]);
      server.steps.push(
        stepOf(
          server.ring,
          anna.next(previous, members),
          members.map(({ certificate }) => certificate),
        ),
      );
    }
  };

  const place = (index: number) => {
    const list = server.steps[index]!.list as never;
    const { epoch, number } = read(list);
    return { epoch, number, hash: hashOf(list) };
  };

  describe('the first time', () => {
    it('trusts the account identity key, and pins what it verifies from there', async () => {
      append(['first', 'second']);
      expect(devices.find(anna.accountId)).toBeUndefined();
      const result = await devices.verified(anna.accountId);
      expect(result).toEqual({
        outcome: 'ok',
        devices: {
          accountId: anna.accountId,
          username: 'anna',
          head: place(1),
          active: [firstDevice(), secondDevice()].sort(),
          accountIdentityKey: anna.root.accountIdentityKey,
          alarm: false,
        },
      });
      expect(await devices.verified(anna.accountId)).toEqual(result);
      expect(await anotherRun().verified(anna.accountId)).toEqual(result);
      expect(server.queries).toEqual([{}]);
      expect(devices.observeHead(anna.accountId, place(0))).toBe('ok');
    });

    it('follows a chain over pages, asking from where it stands', async () => {
      server.pageLength = 4;
      for (let index = 0; index < 9; index += 1) append(['first']);
      const result = await devices.verified(anna.accountId);
      expect(result).toMatchObject({ outcome: 'ok', devices: { head: place(9) } });
      expect(server.queries).toEqual([{}, { afterEpoch: 0, afterNumber: 3 }, { afterEpoch: 0, afterNumber: 7 }]);
      for (let index = 0; index <= 9; index += 1) {
        expect(devices.observeHead(anna.accountId, place(index))).toBe('ok');
      }
    });

    it('begins at the newest list of the account identity key', async () => {
      server.steps.push(stepOf(server.ring, anna.newEpoch(LISTED_AT), [anna.first.certificate]));
      expect(await devices.verified(anna.accountId)).toMatchObject({
        outcome: 'ok',
        devices: { head: { epoch: LISTED_AT, number: 0 } },
      });
      // Older lists were never seen, so nothing can be said about them.
      expect(devices.observeHead(anna.accountId, { epoch: 0, number: 5, hash: new Uint8Array(32) })).toBe('ok');
    });

    it('tells an unknown account and a server that is away apart, and pins nothing', async () => {
      server.refuse = { outcome: 'refused', code: 'notFound', retryAfterMs: 0 };
      expect(await devices.verified(anna.accountId)).toEqual({ outcome: 'unknownAccount' });
      server.refuse = { outcome: 'away', reason: 'unreachable' };
      expect(await devices.verified(anna.accountId)).toEqual(server.refuse);
      server.refuse = { outcome: 'refused', code: 'rateLimited', retryAfterMs: 5 };
      expect(await devices.verified(anna.accountId)).toEqual(server.refuse);
      expect(devices.find(anna.accountId)).toBeUndefined();
    });

    it('asks once for those who ask at once', async () => {
      const results = await Promise.all(Array.from({ length: 5 }, () => devices.verified(anna.accountId)));
      expect(new Set(results).size).toBe(1);
      expect(server.queries).toHaveLength(1);
      await devices.refresh(anna.accountId);
      expect(server.queries).toHaveLength(2);
    });
  });

  describe('a hostile server', () => {
    const someoneElse = () => createAccount({ random: systemRandom, clock: { now: () => LISTED_AT } });
    const flip = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
      const copy = new Uint8Array(bytes);
      copy[copy.length - 1]! ^= 1;
      return copy;
    };
    const bendFirst = (change: (entry: DeviceListPage['entries'][number]) => DeviceListPage['entries'][number]) => {
      server.bend = (page) => ({
        ...page,
        entries: page.entries.map((entry, index) => (index === 0 ? change(entry) : entry)),
      });
    };

    it.each<[string, () => void]>([
      [
        'another account',
        () => {
          server.bend = (page) => ({ ...page, accountId: newAccountId() });
        },
      ],
      [
        'an identity key that did not sign',
        () => {
          server.bend = (page) => ({ ...page, accountIdentityKey: someoneElse().root.accountIdentityKey });
        },
      ],
      [
        'bytes that are no identity key',
        () => {
          server.bend = (page) => ({ ...page, accountIdentityKey: new Uint8Array(33) });
        },
      ],
      [
        'a recovery key that the list does not name',
        () => {
          server.bend = (page) => ({ ...page, recoveryPublicKey: flip(page.recoveryPublicKey) });
        },
      ],
      [
        'a list that was changed',
        () => bendFirst((entry) => ({ ...entry, list: { ...entry.list, bytes: flip(entry.list.bytes) } })),
      ],
      [
        'a list whose signature was changed',
        () => bendFirst((entry) => ({ ...entry, list: { ...entry.list, signature: flip(entry.list.signature) } })),
      ],
      [
        'a forged receipt',
        () =>
          bendFirst((entry) => ({ ...entry, receipt: { ...entry.receipt, signature: flip(entry.receipt.signature) } })),
      ],
      [
        'a receipt of another time',
        () => bendFirst((entry) => ({ ...entry, receipt: { ...entry.receipt, time: (LISTED_AT + 1) as never } })),
      ],
      [
        'a receipt by the key of another server',
        () => {
          server.steps = [stepOf(createServerKeys(systemRandom), anna.genesis, [anna.first.certificate])];
        },
      ],
      [
        'a receipt of another list',
        () =>
          bendFirst((entry) => ({
            ...entry,
            receipt: issueReceipt(
              server.ring.receiptKey,
              anna.accountId,
              { epoch: 0, number: 0, hash: new Uint8Array(32) as ListHash },
              LISTED_AT,
            ),
          })),
      ],
      ['no certificate', () => bendFirst((entry) => ({ ...entry, certificates: [] }))],
      [
        'a certificate of someone else',
        () => bendFirst((entry) => ({ ...entry, certificates: [someoneElse().certificate] })),
      ],
      [
        'a certificate that its device has not signed',
        () =>
          bendFirst((entry) => ({
            ...entry,
            certificates: entry.certificates.map((one) => ({ ...one, ikSignature: flip(one.ikSignature) })),
          })),
      ],
      [
        'no list at all',
        () => {
          server.bend = (page) => ({ ...page, entries: [] });
        },
      ],
      [
        'the second list without the first',
        () => {
          append(['first']);
          server.bend = (page) => ({ ...page, entries: page.entries.slice(1) });
        },
      ],
    ])('with %s is not believed', async (_, bend) => {
      bend();
      expect(await devices.verified(anna.accountId)).toEqual({ outcome: 'unverifiable' });
      expect(devices.find(anna.accountId)).toBeUndefined();
    });

    it('that has no end is left', async () => {
      server.bend = (page) => ({ ...page, more: true });
      expect(await devices.verified(anna.accountId)).toEqual({ outcome: 'unverifiable' });
      expect(server.queries.length).toBeLessThan(5);
    });

    it('cannot move a pin with one bad step among good ones', async () => {
      await devices.verified(anna.accountId);
      append(['first'], ['first'], ['first', 'second']);
      server.bend = (page) => ({
        ...page,
        entries: page.entries.map((entry, index) => (index === 2 ? { ...entry, certificates: [] } : entry)),
      });
      expect(await devices.refresh(anna.accountId)).toEqual({ outcome: 'unverifiable' });
      expect(devices.find(anna.accountId)?.head).toEqual(place(0));
      server.bend = (page) => page;
      expect(await devices.refresh(anna.accountId)).toMatchObject({ outcome: 'ok', devices: { head: place(3) } });
    });

    it('cannot rename a contact', async () => {
      await devices.verified(anna.accountId);
      append(['first']);
      server.bend = (page) => ({ ...page, username: named('mallory') });
      expect(await devices.refresh(anna.accountId)).toMatchObject({ devices: { username: 'anna', head: place(1) } });
    });

    it('P6: cannot bring a removed device back with an older list', async () => {
      append(['first', 'second'], ['first']);
      await devices.verified(anna.accountId);
      const [, older] = server.steps;
      server.bend = (page) => ({ ...page, entries: [older!] });
      expect(await devices.refresh(anna.accountId)).toEqual({ outcome: 'unverifiable' });
      expect(devices.find(anna.accountId)).toMatchObject({ head: place(2), active: [firstDevice()], alarm: false });
    });
  });

  describe('a fork', () => {
    /** Two receipted lists with number 1: the pinned one names the first device, the other both. */
    const forked = () => {
      append(['first']);
      const genuine = server.steps[1]!;
      const other = stepOf(server.ring, anna.next(anna.genesis, [anna.first, anna.second]), [
        anna.first.certificate,
        anna.second.certificate,
      ]);
      return { genuine, other };
    };

    it('P6: raises the alarm on two receipted lists with one number, and stays there over a restart', async () => {
      const { other } = forked();
      await devices.verified(anna.accountId);
      server.bend = (page) => ({ ...page, entries: [other] });
      const result = await devices.refresh(anna.accountId);
      expect(result).toMatchObject({ outcome: 'alarm', devices: { head: place(1), alarm: true } });
      server.bend = (page) => page;
      expect(await anotherRun().verified(anna.accountId)).toEqual(result);
      expect(await anotherRun().refresh(anna.accountId)).toMatchObject({ outcome: 'alarm' });
    });

    it('asks for the other list where the next one follows something else, and raises the alarm on it', async () => {
      const { other } = forked();
      await devices.verified(anna.accountId);
      server.steps = [server.steps[0]!, other];
      append(['first']);
      expect(await devices.refresh(anna.accountId)).toMatchObject({ outcome: 'alarm', devices: { alarm: true } });
      expect(server.queries.at(-1)).toEqual({ afterEpoch: 0, afterNumber: 0 });
    });

    it('raises no alarm where the server keeps the other list back, and believes nothing', async () => {
      const { other } = forked();
      await devices.verified(anna.accountId);
      const pinned = place(1);
      server.steps = [server.steps[0]!, other];
      append(['first']);
      server.bend = (page, { afterNumber }) => (afterNumber === 0 ? { ...page, entries: [] } : page);
      expect(await devices.refresh(anna.accountId)).toEqual({ outcome: 'unverifiable' });
      expect(devices.find(anna.accountId)).toMatchObject({ head: pinned, alarm: false });
    });

    it('raises the alarm on a forked genesis as well', async () => {
      await devices.verified(anna.accountId);
      const { accountId, first, second } = anna;
      // The second device's own genesis is signed by the same account identity key.
      server.steps = [stepOf(server.ring, second.genesis, [second.certificate])];
      server.bend = (page) => ({ ...page, entries: server.steps });
      expect(await devices.refresh(accountId)).toMatchObject({
        outcome: 'alarm',
        devices: { active: [first.device.deviceId], alarm: true },
      });
    });

    it('P6: raises no alarm on another list that the server has not receipted', async () => {
      const { other } = forked();
      await devices.verified(anna.accountId);
      const forged = stepOf(createServerKeys(systemRandom), other.list as never, other.certificates as never);
      server.bend = (page) => ({ ...page, entries: [forged] });
      expect(await devices.refresh(anna.accountId)).toEqual({ outcome: 'unverifiable' });
      expect(devices.find(anna.accountId)?.alarm).toBe(false);
    });

    it('raises the alarm on a receipted list that contradicts the history', async () => {
      const { other } = forked();
      append(['first'], ['first']);
      await devices.verified(anna.accountId);
      server.bend = (page) => ({ ...page, entries: [other] });
      expect(await devices.refresh(anna.accountId)).toMatchObject({ outcome: 'alarm', devices: { head: place(3) } });
    });

    it('P6: is over when the account identity key has begun a new epoch, not before', async () => {
      const { other } = forked();
      await devices.verified(anna.accountId);
      server.bend = (page) => ({ ...page, entries: [other] });
      await devices.refresh(anna.accountId);
      server.bend = (page) => page;
      append(['first']);
      expect(await devices.refresh(anna.accountId)).toMatchObject({ outcome: 'alarm', devices: { head: place(2) } });
      server.steps.push(stepOf(server.ring, anna.newEpoch(LISTED_AT), [anna.first.certificate]));
      expect(await devices.refresh(anna.accountId)).toMatchObject({ outcome: 'ok', devices: { alarm: false } });
    });
  });

  describe('heads that messages claim', () => {
    it('are known, or need a fetch, or raise the alarm', async () => {
      append(['first']);
      const claimed = place(1);
      expect(devices.observeHead(anna.accountId, claimed)).toBe('fetchNeeded');
      await devices.verified(anna.accountId);
      expect(devices.observeHead(anna.accountId, claimed)).toBe('ok');
      expect(devices.observeHead(anna.accountId, { ...claimed, number: 2 })).toBe('fetchNeeded');
      expect(devices.observeHead(anna.accountId, { ...claimed, epoch: 9, number: 0 })).toBe('fetchNeeded');
      expect(devices.find(anna.accountId)?.alarm).toBe(false);
      expect(devices.observeHead(anna.accountId, { ...claimed, hash: new Uint8Array(32) })).toBe('alarm');
      expect(devices.find(anna.accountId)?.alarm).toBe(true);
      expect(await devices.verified(anna.accountId)).toMatchObject({ outcome: 'alarm' });
    });

    it('below the pin are checked against the history', async () => {
      append(['first'], ['first']);
      await devices.verified(anna.accountId);
      expect(devices.observeHead(anna.accountId, place(0))).toBe('ok');
      expect(devices.observeHead(anna.accountId, { ...place(0), hash: new Uint8Array(32) })).toBe('alarm');
    });

    it('cost one fetch a minute and account, whatever the clock does', async () => {
      expect(await devices.refreshForClaim(anna.accountId)).toMatchObject({ outcome: 'ok' });
      expect(await devices.refreshForClaim(anna.accountId)).toEqual({ outcome: 'tooSoon' });
      clock.advance(59_999);
      expect(await devices.refreshForClaim(anna.accountId)).toEqual({ outcome: 'tooSoon' });
      clock.advance(1);
      expect(await devices.refreshForClaim(anna.accountId)).toMatchObject({ outcome: 'ok' });
      clock.sleep(-3_600_000);
      expect(await devices.refreshForClaim(anna.accountId)).toMatchObject({ outcome: 'ok' });
      expect(server.queries).toHaveLength(3);
      const other = newAccountId();
      expect((await devices.refreshForClaim(other)).outcome).not.toBe('tooSoon');
    });

    it('raise an alarm that a fetch under way does not take back', async () => {
      append(['first']);
      await devices.verified(anna.accountId);
      append(['first']);
      server.bend = (page) => {
        devices.observeHead(anna.accountId, { ...place(1), hash: new Uint8Array(32) });
        return page;
      };
      expect(await devices.refresh(anna.accountId)).toMatchObject({ outcome: 'alarm', devices: { head: place(2) } });
    });
  });

  describe('a server that changed its receipt key', () => {
    it('is asked for its keys once, and believed under a newer one', async () => {
      const rotated = createServerKeys(systemRandom);
      server.newer = rotated.keys.receiptKey;
      server.steps = [stepOf(rotated, anna.genesis, [anna.first.certificate])];
      expect(await devices.verified(anna.accountId)).toMatchObject({ outcome: 'ok' });
      expect(server.renewals).toBe(1);
    });

    it('is not asked where the receipt was good', async () => {
      await devices.verified(anna.accountId);
      expect(server.renewals).toBe(0);
    });
  });

  describe('the own standing', () => {
    const standing = () =>
      new OwnDeviceStanding({ accountId: anna.accountId, deviceId: secondDevice() }, { devices, pins });

    it('follows the verified list: off it is unlinked, even while the server is away', async () => {
      append(['first', 'second']);
      expect(await standing().check()).toBe(true);
      append(['first']);
      expect(standing().isListed).toBe(true);
      expect(await standing().check()).toBe(false);
      server.refuse = { outcome: 'away', reason: 'unreachable' };
      expect(await standing().check()).toBe(false);
      expect(standing().isListed).toBe(false);
    });

    it('is not lost by a word of the server that does not verify', async () => {
      append(['first', 'second']);
      await standing().check();
      const forged = stepOf(createServerKeys(systemRandom), anna.next(server.steps[1]!.list as never, [anna.first]));
      server.bend = (page) => ({ ...page, entries: [forged] });
      expect(await standing().check()).toBe(true);
      server.bend = (page) => ({ ...page, entries: [] });
      expect(await standing().check()).toBe(true);
    });
  });
});
