import { describe, expect, it, jest } from '@jest/globals';
import { BridgeError, type DevicesView } from '@sotto/client/bridge';
import { TestPerson } from '../devices/testing/test-person.js';
import { FakeServer } from '../testing/fake-server.js';
import { newDeviceId } from '../testing/known-values.js';
import { stoppedAfterwards } from '../testing/people.js';
import { TestClient } from '../testing/test-client.js';
import { until } from '../testing/until.js';

jest.setTimeout(60_000);

const DAY_MS = 24 * 3_600_000;

/** Anna's two devices, and a third one that the first of them links. */
const cast = async () => {
  const server = new FakeServer();
  const person = new TestPerson();
  const { first, second, third } = person;
  const linker = stoppedAfterwards(await TestClient.register(server, 'anna', first));
  const list = person.next(person.genesis, [first, second]);
  const next = person.next(list, [first, second, third]);
  const observer = stoppedAfterwards(await TestClient.link(linker, second, list));
  await linker.devices.refresh(linker.accountId);
  const link = async () => stoppedAfterwards(await TestClient.link(linker, third, next));
  return { server, person, linker, observer, list, link };
};

const news = (client: TestClient) =>
  client.events.flatMap((event) => (event.type === 'devices' && event.appeared !== undefined ? [event.appeared] : []));
const names = ({ devices }: DevicesView) => devices.map(({ name }) => name);
const unknown = (client: TestClient) =>
  client.upkeep.devices.view().devices.flatMap(({ deviceId, unacknowledged }) => (unacknowledged ? [deviceId] : []));

describe('the devices of an account', () => {
  it('are shown with what is known of them, this one first', async () => {
    const { linker, observer } = await cast();
    const view = await observer.upkeep.devices.list();
    expect(view).toMatchObject({ limit: 5, alarm: false });
    expect(view.devices).toMatchObject([
      { deviceId: observer.deviceId, own: true, canLink: true, unacknowledged: false },
      { deviceId: linker.deviceId, own: false, canLink: true, unacknowledged: false },
    ]);
    expect(view.devices[0]?.name).toMatch(/^Sotto on ./);
    expect(view.devices.every(({ lastSeenAt }) => lastSeenAt !== undefined)).toBe(true);
  });

  it('are shown without a last time where the server cannot be asked', async () => {
    const { observer } = await cast();
    await observer.upkeep.devices.list();
    observer.connection.cut();
    const [own] = (await observer.upkeep.devices.list()).devices;
    expect(own).toMatchObject({ deviceId: observer.deviceId });
    expect(own?.lastSeenAt).toBeUndefined();
  });

  it('P13: are told of once when they are new, and once more a day later, until somebody knows them', async () => {
    const { server, observer, link } = await cast();
    const { deviceId } = await link();
    server.notice(server.accountOf(observer.deviceId), 'deviceList', deviceId);
    await until(() => news(observer).length === 1);
    expect(unknown(observer)).toEqual([deviceId]);
    await observer.restart();
    expect(unknown(observer)).toEqual([deviceId]);
    expect(news(observer)).toEqual([[deviceId]]);
    observer.clock.advance(DAY_MS);
    expect(news(observer)).toEqual([[deviceId], [deviceId]]);
    observer.clock.advance(DAY_MS);
    await observer.restart();
    expect(news(observer)).toHaveLength(2);
    observer.upkeep.devices.acknowledge(deviceId);
    expect(unknown(observer)).toEqual([]);
  });

  it('P13: are found by what a peer has seen, where the server tells nothing of them', async () => {
    const { server, linker, observer, link } = await cast();
    const bob = stoppedAfterwards(await TestClient.register(server, 'bob'));
    await bob.meet(linker);
    await bob.says(linker, 'hello');
    const { deviceId } = await link();
    // No notice goes out. Bob learns of the new list when he writes, and names it to every device that he writes to.
    await bob.devices.refresh(linker.accountId);
    bob.send(linker, 'hello, all of you');
    await until(() => news(observer).length === 1);
    expect(unknown(observer)).toEqual([deviceId]);
  });

  it('are not told of again once somebody knows them', async () => {
    const { observer, link } = await cast();
    const { deviceId } = await link();
    await observer.devices.refresh(observer.accountId);
    observer.upkeep.devices.acknowledge(deviceId);
    observer.clock.advance(2 * DAY_MS);
    expect(news(observer)).toEqual([[deviceId]]);
  });

  it('are no news to the device that has linked them', async () => {
    const { linker, link } = await cast();
    await link();
    await linker.devices.refresh(linker.accountId);
    expect(linker.upkeep.devices.view().devices).toHaveLength(3);
    expect(news(linker)).toEqual([]);
    expect(unknown(linker)).toEqual([]);
  });

  it('are called on all what they are called on one, and by the later name', async () => {
    const { linker, observer } = await cast();
    linker.upkeep.devices.rename(observer.deviceId, 'laptop');
    await until(() => observer.upkeep.devices.view().devices[0]?.name === 'laptop');
    observer.upkeep.devices.rename(observer.deviceId, 'old laptop');
    await until(() => names(linker.upkeep.devices.view()).includes('old laptop'));
    expect(() => linker.upkeep.devices.rename(newDeviceId(), 'x')).toThrow(new BridgeError('deviceNotFound'));
    expect(() => linker.upkeep.devices.acknowledge(newDeviceId())).toThrow(new BridgeError('deviceNotFound'));
  });

  it('P6: show an alarm where the server gives out two lists for one place', async () => {
    const { server, person, observer, list } = await cast();
    const { first, third } = person;
    const account = server.accountOf(observer.deviceId);
    const other = person.next(person.genesis, [first]);
    expect(other.bytes).not.toEqual(list.bytes);
    account.steps.pop();
    server.appendList(observer.accountId, other, []);
    server.appendList(observer.accountId, person.next(other, [first, third]), [third.certificate]);
    await observer.devices.refresh(observer.accountId);
    expect(observer.upkeep.devices.view().alarm).toBe(true);
    expect(observer.events.at(-1)).toMatchObject({ type: 'devices', devices: { alarm: true } });
  });
});
