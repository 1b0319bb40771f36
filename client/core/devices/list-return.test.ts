import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from '../net/testing/manual-clock.js';
import { DevicePinRepository } from '../storage/device-pin-repository.js';
import { temporaryDatabase } from '../testing/temporary-profile.js';
import { ListFetch } from './list-fetch.js';
import { PinnedDevices } from './pinned-devices.js';
import { ListServer } from './testing/list-server.js';
import { stepOf, TestPerson } from './testing/test-person.js';

jest.setTimeout(30_000);

describe('a server that was put back to an older state', () => {
  let anna: TestPerson;
  let server: ListServer;
  let pins: DevicePinRepository;
  let devices: PinnedDevices;

  beforeEach(() => {
    anna = new TestPerson();
    server = new ListServer(anna);
    server.steps = [stepOf(server.ring, anna.genesis, [anna.first.certificate])];
    pins = new DevicePinRepository(temporaryDatabase());
    devices = anotherRun();
  });

  /** As after a restart: the same pins, nothing else. */
  const anotherRun = (): PinnedDevices => {
    const clock = new ManualClock();
    return new PinnedDevices({
      pins,
      clock,
      lists: new ListFetch({ api: server.api, pins, receiptKeys: server, clock }),
    });
  };

  /** Makes the person's next lists, receipts them, and gives them to the server. */
  const append = (...names: ('first' | 'second')[][]) => {
    for (const devicesOfList of names) {
      const previous = server.steps.at(-1)!.list as never;
      const members = devicesOfList.map((name) => anna[name]);
      const certificates = members.map(({ certificate }) => certificate);
      server.steps.push(stepOf(server.ring, anna.next(previous, members), certificates));
    }
  };

  it('gets the lists that it has lost, each with receipt and certificates, and says so to those who look on', async () => {
    append(['first', 'second'], ['first', 'second'], ['first']);
    const looks: unknown[] = [];
    devices.onLooked((accountId, look) => looks.push([accountId, look]));
    await devices.verified(anna.accountId);
    const lost = server.steps.splice(1);
    expect(await devices.refresh(anna.accountId)).toMatchObject({ outcome: 'ok', gaveBack: true });
    expect(server.returned).toEqual([lost]);
    expect(await devices.refresh(anna.accountId)).not.toHaveProperty('gaveBack');
    expect(server.returned).toHaveLength(1);
    expect(looks).toEqual([false, true, false].map((gaveBack) => [anna.accountId, { gaveBack }]));
  });

  it('gets them from another run, and in pieces that fit into one call', async () => {
    for (let index = 0; index < 12; index += 1) append(['first']);
    await devices.verified(anna.accountId);
    const lost = server.steps.splice(1);
    await anotherRun().refresh(anna.accountId);
    expect(server.returned).toEqual([lost.slice(0, 10), lost.slice(10)]);
  });

  it('is offered them again where it was away or refused them', async () => {
    append(['first', 'second']);
    await devices.verified(anna.accountId);
    server.steps.pop();
    server.refuseReturn = { outcome: 'refused', code: 'serverBusy', retryAfterMs: 5 };
    expect(await devices.refresh(anna.accountId)).not.toHaveProperty('gaveBack');
    server.refuseReturn = undefined;
    expect(await devices.refresh(anna.accountId)).toMatchObject({ gaveBack: true });
  });

  it('is not believed to have lost anything where it only holds lists back', async () => {
    await devices.verified(anna.accountId);
    append(['first', 'second']);
    server.bend = (page) => ({ ...page, entries: [] });
    expect(await devices.refresh(anna.accountId)).not.toHaveProperty('gaveBack');
    expect(server.returned).toEqual([]);
  });
});
