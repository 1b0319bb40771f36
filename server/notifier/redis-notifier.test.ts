import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parseDeviceId, parseEnvelopeId, parseUnixMs, type DeviceId } from '@sotto/protocol/ids';
import { createLog } from '../log.js';
import { eventually } from '../testing/client/test-servers.js';
import { hasRedis, startPrivateRedis, type PrivateRedis } from '../testing/private-redis.js';
import type { DeviceListener, FreshMail } from './notifier.js';
import { RedisNotifier } from './redis-notifier.js';

const deviceId = (digit: number) => parseDeviceId(`${digit}1111111-2222-8333-8444-555555555555`)!;

const mailFor = (device: DeviceId, position: number): FreshMail => ({
  deviceId: device,
  after: position - 1,
  envelopes: [
    {
      position,
      envelopeId: parseEnvelopeId('31111111-2222-4333-8444-555555555555')!,
      kind: 1,
      ciphertext: new Uint8Array(1),
      acceptedAt: parseUnixMs(1)!,
    },
  ],
});

/** Writes down what it hears. */
const listener = () => {
  const heard: string[] = [];
  const listening: DeviceListener = {
    onFresh: ({ envelopes }) => heard.push(`fresh ${envelopes.at(-1)!.position}`),
    onWaiting: (upTo) => heard.push(upTo === Number.MAX_SAFE_INTEGER ? 'look' : `waiting ${upTo}`),
    onStanding: () => heard.push('standing'),
    onNotice: (topic) => heard.push(`notice ${topic}`),
  };
  return { heard, listening };
};

const suite = hasRedis() || process.env['CI'] === 'true' ? describe : describe.skip;
if (!hasRedis()) process.stderr.write('RedisNotifier: not run, because redis-server is not installed\n');

suite('RedisNotifier', () => {
  let redis: PrivateRedis;
  const notifiers: RedisNotifier[] = [];
  const log: string[] = [];
  const notifier = async () => {
    const ready = log.filter((line) => line.includes('redisReady')).length;
    const made = new RedisNotifier(redis.url, createLog('info', { write: (line: string) => void log.push(line) }));
    notifiers.push(made);
    await eventually(() => log.filter((line) => line.includes('redisReady')).length > ready, 'Redis');
    return made;
  };

  beforeAll(async () => {
    redis = await startPrivateRedis();
  }, 60_000);
  afterEach(async () => {
    await Promise.all(notifiers.splice(0).map((made) => made.close()));
  });
  afterAll(() => redis.stop());

  it('wakes sockets of other processes, and hands mail to its own', async () => {
    const [here, there] = [await notifier(), await notifier()];
    const [own, foreign, other] = [listener(), listener(), listener()];
    await here.subscribe(deviceId(1), own.listening);
    await there.subscribe(deviceId(1), foreign.listening);
    await there.subscribe(deviceId(2), other.listening);
    here.arrived([mailFor(deviceId(1), 7)]);
    expect(own.heard).toEqual(['fresh 7']);
    await eventually(() => foreign.heard.length > 0 && own.heard.length > 1, 'the wake-up');
    expect(foreign.heard).toEqual(['waiting 7']);
    expect(own.heard).toEqual(['fresh 7', 'waiting 7']);
    here.ended(deviceId(1));
    await eventually(() => foreign.heard.includes('standing'), 'the end of the device');
    expect(other.heard).toEqual([]);
  });

  it('says the newest position once for much that comes together', async () => {
    const [here, there] = [await notifier(), await notifier()];
    const foreign = listener();
    await there.subscribe(deviceId(1), foreign.listening);
    for (let position = 1; position <= 500; position += 1) here.arrived([mailFor(deviceId(1), position)]);
    await eventually(() => foreign.heard.includes('waiting 500'), 'the last position');
    expect(foreign.heard.length).toBeLessThan(50);
  });

  it('tells nobody who has stopped listening', async () => {
    const [here, there] = [await notifier(), await notifier()];
    const [gone, stays] = [listener(), listener()];
    const stop = await there.subscribe(deviceId(1), gone.listening);
    await there.subscribe(deviceId(1), stays.listening);
    stop();
    here.arrived([mailFor(deviceId(1), 3)]);
    await eventually(() => stays.heard.length > 0, 'the wake-up');
    expect(gone.heard).toEqual([]);
  });

  it('starts without Redis, and makes good what was said meanwhile', async () => {
    await redis.stop();
    const here = new RedisNotifier(redis.url, createLog('error', { write: () => undefined }));
    const there = new RedisNotifier(redis.url, createLog('error', { write: () => undefined }));
    notifiers.push(here, there);
    const [own, foreign] = [listener(), listener()];
    await here.subscribe(deviceId(1), own.listening);
    await there.subscribe(deviceId(1), foreign.listening);
    here.arrived([mailFor(deviceId(1), 9)]);
    here.ended(deviceId(2));
    expect(own.heard).toEqual(['fresh 9']);
    const { port } = new URL(redis.url);
    redis = await startPrivateRedis(Number(port));
    await eventually(() => foreign.heard.includes('look'), 'the look into the mailbox');
    expect(foreign.heard).toContain('standing');
    const later = listener();
    await there.subscribe(deviceId(3), later.listening);
    here.arrived([mailFor(deviceId(3), 11)]);
    await eventually(() => later.heard.includes('waiting 11'), 'a wake-up as before');
  }, 60_000);
});
