import { describe, expect, it } from '@jest/globals';
import { parseAccountId, parseDeviceId, parseEnvelopeId, parseUnixMs } from '@sotto/protocol/ids';
import type { DeviceEnvelope } from '@sotto/protocol/wire';
import type { DeliveryTarget } from '../../storage/device-repository.js';
import { SendJudge, type Send, type SendContext } from './send.js';

const account = parseAccountId('11111111-2222-4333-8444-555555555555')!;
const other = parseAccountId('21111111-2222-4333-8444-555555555555')!;
const deviceIds = ['1', '2', '3'].map((digit) => parseDeviceId(`${digit}1111111-2222-8333-8444-555555555555`)!);
const [one, two, three] = deviceIds as [(typeof deviceIds)[0], (typeof deviceIds)[0], (typeof deviceIds)[0]];
const envelopeId = parseEnvelopeId('31111111-2222-4333-8444-555555555555')!;
const NOW = parseUnixMs(1_000_000)!;
const KEY = new Uint8Array(32).fill(1);
const OLD_KEY = new Uint8Array(32).fill(2);

const target = (deviceId: typeof one, changes: Partial<DeliveryTarget> = {}): DeliveryTarget => ({
  deviceId,
  registrationId: 7,
  waiting: 0,
  lastPosition: 0,
  ...changes,
});

const envelope = (deviceId: typeof one, registrationId = 7): DeviceEnvelope => ({
  deviceId,
  registrationId,
  envelopeId,
  ciphertext: new Uint8Array(1),
});

const judgeOf = (targets: readonly DeliveryTarget[], changes: Partial<SendContext> = {}) =>
  new SendJudge({
    targets: new Map(targets.length === 0 ? [] : [[account, targets]]),
    accessVerifiers: new Map([
      [account, { current: KEY, previous: { verifier: OLD_KEY, expiresAt: parseUnixMs(NOW + 1)! } }],
    ]),
    now: NOW,
    ...changes,
  });

const send = (envelopes: readonly DeviceEnvelope[], changes: Partial<Send> = {}): Send => ({
  sender: { type: 'device', device: { accountId: other, deviceId: three } },
  recipient: account,
  envelopes,
  ...changes,
});

const anonymous = (verifier: typeof KEY) => ({ sender: { type: 'anonymous', verifier } as const });
const both = [target(one), target(two)];

describe('SendJudge', () => {
  it('takes exactly the active devices with their registration ids', () => {
    expect(judgeOf(both).judge(send([envelope(two), envelope(one)]))).toEqual({ type: 'deliverable' });
    expect(judgeOf(both).judge(send([envelope(one)]))).toMatchObject({ missing: [two], extra: [], stale: [] });
    expect(judgeOf(both).judge(send([envelope(one), envelope(two), envelope(three)]))).toMatchObject({
      missing: [],
      extra: [three],
      stale: [],
    });
    expect(judgeOf(both).judge(send([envelope(one, 8), envelope(three)]))).toEqual({
      type: 'mismatchedDevices',
      missing: [two],
      extra: [three],
      stale: [one],
    });
  });

  it('leaves it to a device whether it sends to itself', () => {
    const own = { sender: { type: 'device', device: { accountId: account, deviceId: one } } as const };
    expect(judgeOf(both).judge(send([envelope(two)], own))).toEqual({ type: 'deliverable' });
    expect(judgeOf(both).judge(send([envelope(one), envelope(two)], own))).toEqual({ type: 'deliverable' });
    expect(judgeOf(both).judge(send([envelope(one)], own))).toMatchObject({ missing: [two] });
  });

  it('tells those who say who they are that nobody is there, and others only that their key is wrong', () => {
    expect(judgeOf([]).judge(send([envelope(one)]))).toMatchObject({ code: 'unknownRecipient' });
    const unknown = judgeOf([], { accessVerifiers: new Map() });
    expect(unknown.judge(send([envelope(one)], anonymous(KEY)))).toMatchObject({ code: 'accessDenied' });
    expect(unknown.judge(send([envelope(one)], anonymous(new Uint8Array(32))))).toMatchObject({ code: 'accessDenied' });
  });

  it('asks for the key before it tells anything about devices', () => {
    expect(judgeOf(both).judge(send([envelope(three)], anonymous(new Uint8Array(32))))).toMatchObject({
      code: 'accessDenied',
    });
    expect(judgeOf(both).judge(send([envelope(three)], anonymous(KEY)))).toMatchObject({ type: 'mismatchedDevices' });
  });

  it('takes the key before the present one until its day', () => {
    const bothEnvelopes = [envelope(one), envelope(two)];
    expect(judgeOf(both).judge(send(bothEnvelopes, anonymous(OLD_KEY)))).toEqual({ type: 'deliverable' });
    const later = judgeOf(both, { now: parseUnixMs(NOW + 1)! });
    expect(later.judge(send(bothEnvelopes, anonymous(OLD_KEY)))).toMatchObject({ code: 'accessDenied' });
    expect(later.judge(send(bothEnvelopes, anonymous(KEY)))).toEqual({ type: 'deliverable' });
  });

  it('stops at a thousand waiting envelopes a device, those of the same batch included', () => {
    const judge = judgeOf([target(one, { waiting: 998 })]);
    const verdicts = [1, 2, 3].map(() => judge.judge(send([envelope(one)])).type);
    expect(verdicts).toEqual(['deliverable', 'deliverable', 'refused']);
    const half = judgeOf([target(one), target(two, { waiting: 1_000 })]);
    expect(half.judge(send([envelope(one), envelope(two)]))).toMatchObject({ code: 'mailboxFull' });
  });
});
