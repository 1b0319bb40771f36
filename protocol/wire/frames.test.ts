import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ServerFrameSchema } from '../gen/wire/wire_pb.js';
import {
  parseAccountId,
  parseDeviceId,
  parseEnvelopeId,
  parseUnixMs,
  type AccountId,
  type DeviceId,
  type EnvelopeId,
  type UnixMs,
} from '../ids.js';
import { counted, TEST_SEED } from '../testing/scale.js';
import { decodeClientFrame, encodeClientFrame, type ClientFrame } from './client-frame.js';
import type { DeviceEnvelope } from './envelope.js';
import { LIMITS } from './limits.js';
import { decodeServerFrame, encodeServerFrame, type ServerFrame } from './server-frame.js';

const known = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('bad test data');
  return value;
};
const account: AccountId = known(parseAccountId('11111111-1111-4111-8111-111111111111'));
const device: DeviceId = known(parseDeviceId('22222222-2222-8222-8222-222222222222'));
const otherDevice: DeviceId = known(parseDeviceId('33333333-3333-8333-8333-333333333333'));
const envelopeId: EnvelopeId = known(parseEnvelopeId('44444444-4444-4444-8444-444444444444'));
const time: UnixMs = known(parseUnixMs(1_700_000_000_000));

const envelope = { deviceId: device, registrationId: 77, envelopeId, ciphertext: new Uint8Array([1, 2, 3]) };
const send = (envelopes: readonly DeviceEnvelope[]) =>
  ({ type: 'send', recipient: account, accessKey: undefined, envelopes }) as const;

const clientFrames: ClientFrame[] = [
  { requestId: 1, body: { type: 'authenticate', accessToken: 'a.b.c' } },
  { requestId: 2, body: send([envelope, { ...envelope, deviceId: otherDevice }]) },
  { requestId: 3, body: { ...send([envelope]), accessKey: new Uint8Array(16).fill(9) } },
  { requestId: 0, body: { type: 'acknowledge', envelopeIds: [envelopeId] } },
];

const serverFrames: ServerFrame[] = [
  { requestId: 1, body: { type: 'authenticated', serverTime: time } },
  { requestId: 2, body: { type: 'accepted', serverTime: time } },
  { requestId: 3, body: { type: 'mismatchedDevices', missing: [device], extra: [otherDevice], stale: [] } },
  {
    requestId: 4,
    body: { type: 'failure', code: 'rateLimited', message: 'slow down', errorId: 'r-1', retryAfterMs: 1_000 },
  },
  {
    requestId: 0,
    body: {
      type: 'deliver',
      envelopes: [{ envelopeId, kind: 'sealed', ciphertext: new Uint8Array([4, 5]), serverTime: time }],
    },
  },
  { requestId: 0, body: { type: 'mailboxEmpty', expired: 3 } },
  { requestId: 5, body: { type: 'acknowledged' } },
  { requestId: 0, body: { type: 'moving', reconnectAfterMs: 250 } },
  { requestId: 0, body: { type: 'notice', topic: 'deviceList' } },
  { requestId: 0, body: { type: 'notice', topic: 'storageRecord' } },
  { requestId: 0, body: { type: 'notice', topic: 'recovery' } },
];

describe('client frames', () => {
  it.each(clientFrames)('$body.type survives the wire', (frame) => {
    expect(decodeClientFrame(encodeClientFrame(frame))).toEqual(frame);
  });

  it.each([
    ['no envelopes', send([])],
    ['too many envelopes', send(Array.from({ length: LIMITS.envelopesPerSend + 1 }, () => envelope))],
    ['a device twice', send([envelope, envelope])],
    ['an empty ciphertext', send([{ ...envelope, ciphertext: new Uint8Array() }])],
    ['a ciphertext too large', send([{ ...envelope, ciphertext: new Uint8Array(LIMITS.envelopeBytes + 1) }])],
    ['registration id 0', send([{ ...envelope, registrationId: 0 }])],
    ['a 15-bit registration id', send([{ ...envelope, registrationId: 0x4000 }])],
    ['a short access key', { ...send([envelope]), accessKey: new Uint8Array(15) }],
    ['an empty token', { type: 'authenticate', accessToken: '' } as const],
    ['a token too long', { type: 'authenticate', accessToken: 'x'.repeat(LIMITS.accessTokenLength + 1) } as const],
    ['no acknowledged ids', { type: 'acknowledge', envelopeIds: [] } as const],
    [
      'too many acknowledged ids',
      {
        type: 'acknowledge',
        envelopeIds: Array.from({ length: LIMITS.acknowledgementsPerFrame + 1 }, () => envelopeId),
      } as const,
    ],
  ])('refuses %s and keeps the request id', (_, body) => {
    const received = decodeClientFrame(encodeClientFrame({ requestId: 9, body }));
    expect(received).toMatchObject({ requestId: 9, body: { type: 'invalid' } });
  });

  it('refuses a frame over the limit before parsing it', () => {
    expect(decodeClientFrame(new Uint8Array(LIMITS.frameBytes + 1))).toEqual({
      requestId: 0,
      body: { type: 'invalid', reason: 'frame too large' },
    });
  });

  it('refuses a body from a newer client', () => {
    // Field 100, length-delimited, empty.
    expect(decodeClientFrame(new Uint8Array([0x08, 0x05, 0xa2, 0x06, 0x00]))).toMatchObject({
      requestId: 5,
      body: { type: 'invalid' },
    });
  });
});

describe('server frames', () => {
  it.each(serverFrames)('$body.type survives the wire', (frame) => {
    expect(decodeServerFrame(encodeServerFrame(frame))).toEqual(frame);
  });

  it('that deliver mail are what the schema says, of any size, in memory of the caller', () => {
    const envelopes = [1, 127, 128, 5_000, LIMITS.envelopeBytes].map((length) => ({
      ...{ envelopeId, kind: 'sealed' as const, serverTime: time },
      ciphertext: new Uint8Array(length).fill(7),
    }));
    const bytes = encodeServerFrame({ requestId: 0, body: { type: 'deliver', envelopes } });
    const message = fromBinary(ServerFrameSchema, bytes);
    // Written by the schema itself it has the same fields, and so the same length.
    expect(toBinary(ServerFrameSchema, message)).toHaveLength(bytes.length);
    expect(decodeServerFrame(bytes)).toEqual({ requestId: 0, body: { type: 'deliver', envelopes } });
    const pool = new Uint8Array(bytes.length + 20);
    const there = encodeServerFrame({ requestId: 0, body: { type: 'deliver', envelopes } }, (length) =>
      pool.subarray(10, 10 + length),
    );
    expect(there.buffer).toBe(pool.buffer);
    expect(there).toEqual(bytes);
    const answered = encodeServerFrame({ requestId: 300, body: { type: 'deliver', envelopes: [] } });
    expect(decodeServerFrame(answered)).toEqual({ requestId: 300, body: { type: 'deliver', envelopes: [] } });
  });

  it('passes over a body from a newer server', () => {
    expect(decodeServerFrame(new Uint8Array([0xa2, 0x06, 0x00]))).toEqual({ requestId: 0, body: { type: 'unknown' } });
  });

  it('passes over a notice of something that it does not know', () => {
    // Field 10 with kind 99, and with none.
    for (const notice of [
      [0x52, 0x02, 0x08, 0x63],
      [0x52, 0x00],
    ])
      expect(decodeServerFrame(new Uint8Array(notice))).toEqual({ requestId: 0, body: { type: 'unknown' } });
  });

  it('refuses a flood of envelopes and envelopes that are too large', () => {
    const one = { envelopeId, kind: 'sealed', ciphertext: new Uint8Array([1]), serverTime: time } as const;
    const many = Array.from({ length: LIMITS.envelopesPerDelivery + 1 }, () => one);
    const large = [{ ...one, ciphertext: new Uint8Array(LIMITS.envelopeBytes + 1) }];
    for (const envelopes of [many, large]) {
      const received = decodeServerFrame(encodeServerFrame({ requestId: 0, body: { type: 'deliver', envelopes } }));
      expect(received.body.type).toBe('invalid');
    }
  });
});

describe('hostile bytes', () => {
  const encoded = [
    ...clientFrames.map((frame) => ({ name: `client ${frame.body.type}`, bytes: encodeClientFrame(frame) })),
    ...serverFrames.map((frame) => ({ name: `server ${frame.body.type}`, bytes: encodeServerFrame(frame) })),
  ];

  it.each(encoded)('$name: every cut and every flipped bit decodes to a value, never a throw', ({ bytes }) => {
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeClientFrame(bytes.subarray(0, length)).body.type).toBeDefined();
      expect(decodeServerFrame(bytes.subarray(0, length)).body.type).toBeDefined();
    }
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeClientFrame(flipped).body.type).toBeDefined();
      expect(decodeServerFrame(flipped).body.type).toBeDefined();
    }
  });

  it('any bytes decode to a value, and what decodes is within the limits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const { body } = decodeClientFrame(bytes);
        if (body.type === 'send') expect(body.envelopes.length).toBeLessThanOrEqual(LIMITS.envelopesPerSend);
        decodeServerFrame(bytes);
      }),
      { numRuns: counted(100_000), seed: TEST_SEED },
    );
  });
});
