import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemRandom } from '@sotto/crypto';
import { linkDevice, listWithout } from '../testing/client/link-device.js';
import { codeOf, newLink, stepUp } from '../testing/client/link-flow.js';
import { succeed } from '../testing/client/rest-calls.js';
import { describeServer, eventually, registerPerson, sendTo, signInPerson } from '../testing/client/test-servers.js';
import { hasRedis, startPrivateRedis, type PrivateRedis } from '../testing/private-redis.js';

const START_TIMEOUT_MS = 60_000;

describeServer('Two servers over one database and one Redis', (servers) => {
  // Several processes need a database that several can serve from.
  if (servers.databases.engine === 'embedded') {
    it('are not for the embedded database, which is for one', () => expect(servers.databases.engine).toBe('embedded'));
    return;
  }
  if (!hasRedis() && process.env['CI'] !== 'true') {
    process.stderr.write('Two servers: not run, because redis-server is not installed\n');
    it.skip('need redis-server', () => undefined);
    return;
  }

  describe('with Redis', () => {
    let redis: PrivateRedis;
    beforeAll(async () => {
      redis = await startPrivateRedis();
    }, START_TIMEOUT_MS);
    afterAll(() => redis.stop());

    const pair = async () => {
      const settings = { REDIS_URL: redis.url };
      const first = await servers.start({ settings });
      const second = await servers.start({ settings, on: first });
      const isReady = ({ log }: typeof first) => log.some((line) => line.includes('notifier.redisReady'));
      await eventually(() => isReady(first) && isReady(second), 'both servers to reach Redis');
      return { first, second };
    };

    it('deliver at once what the other accepted, in its order', async () => {
      const { first, second } = await pair();
      const [anna, boris] = [await registerPerson(first), await registerPerson(second)];
      const [fromFirst, fromSecond] = [await servers.open(first, anna), await servers.open(second, anna)];
      const to = await servers.open(second, boris);
      await to.next('mailboxEmpty');
      const order: string[] = [];
      for (let index = 0; index < 100; index += 1) {
        const send = sendTo(boris.account);
        order.push(send.envelopes[0]!.envelopeId);
        // By turns: what this server stored itself must not overtake what the other stored before.
        expect(await (index % 2 === 0 ? fromFirst : fromSecond).request(send)).toMatchObject({ type: 'accepted' });
      }
      await to.deliveredCount(100);
      expect(to.delivered.map(({ envelopeId }) => envelopeId)).toEqual(order);
    });

    it('close the sockets of an unlinked device wherever they are', async () => {
      const { first, second } = await pair();
      const anna = await registerPerson(first);
      const storage = await first.storage();
      const device = await linkDevice(storage, anna.account);
      const socket = await servers.open(second, await signInPerson(second, anna.account, device));
      const list = await listWithout(storage, anna.account, device.deviceId);
      const body = { list, stepUpToken: await stepUp(first, anna) };
      await succeed(first.address, 'appendDeviceList', { token: anna.token, body });
      const started = Date.now();
      expect(await socket.closing()).toBe(1008);
      expect(Date.now() - started).toBeLessThan(1_000);
    });

    it(
      'lose nothing when Redis goes away and comes back',
      async () => {
        const { first, second } = await pair();
        const [anna, boris] = [await registerPerson(first), await registerPerson(second)];
        const [from, to] = [await servers.open(first, anna), await servers.open(second, boris)];
        await to.next('mailboxEmpty');
        await redis.stop();
        const sends = [sendTo(boris.account), sendTo(boris.account), sendTo(boris.account)];
        for (const send of sends) expect(await from.request(send)).toMatchObject({ type: 'accepted' });
        redis = await startPrivateRedis(Number(new URL(redis.url).port));
        await to.deliveredCount(3);
        expect(to.delivered.map(({ envelopeId }) => envelopeId)).toEqual(
          sends.map(({ envelopes }) => envelopes[0]!.envelopeId),
        );
      },
      START_TIMEOUT_MS,
    );

    it('P3-two-processes: give a code to one of a hundred devices that claim it at both at once', async () => {
      const { first, second } = await pair();
      const anna = await registerPerson(first);
      const flow = await (await newLink(first, anna, { storage: await first.storage() })).upTo('created');
      const addresses = [first.address, second.address];
      const claims = Array.from({ length: 100 }, (_, index) =>
        flow.at(addresses[index % 2]!).claim(systemRandom.bytes(32)),
      );
      const outcomes = (await Promise.all(claims)).map(codeOf);
      expect(outcomes.filter((code) => code === 'ok')).toHaveLength(1);
      expect(outcomes.filter((code) => code === 'linkCodeUsed')).toHaveLength(99);
    });

    it('P13-two-processes: carry a link whose ends talk to one each, and tell of it at both', async () => {
      const { first, second } = await pair();
      const anna = await registerPerson(first);
      const storage = await first.storage();
      const [here, there] = [await servers.open(first, anna), await servers.open(second, anna)];
      await there.next('mailboxEmpty');
      const near = await (await newLink(first, anna, { storage })).upTo('created');
      const far = near.at(second.address);
      const wakes = async (waiting: ReturnType<typeof near.wait>, change: () => Promise<unknown>) => {
        // Subscribed by now: what wakes the call is the other process, not the look that it begins with.
        await new Promise((resolve) => setTimeout(resolve, 200));
        const started = Date.now();
        await change();
        const progress = await waiting;
        expect(Date.now() - started).toBeLessThan(2_000);
        return progress;
      };
      expect(await wakes(near.wait('authorised', 1, 20_000), () => far.claim())).toMatchObject({
        value: { state: 'claimed', messages: [{ number: 1 }] },
      });
      expect(await wakes(far.wait('new', 2, 20_000), () => near.put(2, 'authorised'))).toMatchObject({
        value: { messages: [{ number: 2 }] },
      });
      await wakes(near.wait('authorised', 3, 20_000), () => far.put(3, 'new'));
      await wakes(far.wait('new', 4, 20_000), () => near.approve());
      expect(await wakes(near.wait('authorised', 5, 20_000), () => far.activate())).toMatchObject({
        value: { state: 'activated' },
      });
      for (const socket of [here, there])
        expect(await socket.next('notice')).toEqual({ type: 'notice', topic: 'deviceList' });
    });

    it('share tokens, keys and accounts', async () => {
      const { first, second } = await pair();
      const anna = await registerPerson(first);
      expect(await succeed(second.address, 'preKeyCounts', { token: anna.token })).toMatchObject({ oneTimePreKeys: 2 });
      const [one, two] = [await succeed(first.address, 'serverInfo'), await succeed(second.address, 'serverInfo')];
      expect(two.trustRoot).toEqual(one.trustRoot);
    });
  });
});
