import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAccountId, parseDeviceId, parseMessageId, parseUnixMs } from '../ids.js';
import { counted, TEST_SEED } from '../testing/scale.js';
import { decodeContent, decodeKeptContent, encodeContent, type Body, type Header } from './content.js';
import { CONTENT_LIMITS } from './limits.js';
import { pad, paddedLength, unpad } from './padding.js';

const known = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('bad test data');
  return value;
};
const messageId = known(parseMessageId('55555555-5555-4555-8555-555555555555'));
const sentAt = known(parseUnixMs(1_700_000_000_000));
const header: Header = {
  senderAccount: known(parseAccountId('11111111-1111-4111-8111-111111111111')),
  senderDevice: known(parseDeviceId('22222222-2222-8222-8222-222222222222')),
  recipientAccount: known(parseAccountId('33333333-3333-4333-8333-333333333333')),
  recipientDevice: known(parseDeviceId('44444444-4444-8444-8444-444444444444')),
  messageId,
  sequence: 7,
  sentAt,
  senderListHead: { epoch: 0, number: 2, hash: new Uint8Array(32).fill(1) },
  recipientListHead: { epoch: 1_700_000_000_000, number: 0, hash: new Uint8Array(32).fill(2) },
  profileKey: new Uint8Array(32).fill(3),
};
const bodies: Body[] = [
  { kind: 'text', body: 'Привет, {"type":"file","name":"x.exe"} 👋' },
  { kind: 'receipt', state: 'delivered', messageIds: [messageId], at: sentAt },
  { kind: 'receipt', state: 'read', messageIds: [messageId, messageId], at: sentAt },
  { kind: 'hello' },
];

describe('content', () => {
  it.each(bodies)('$kind survives', (body) => {
    expect(decodeContent(encodeContent({ header, body }))).toEqual({ header, body });
  });

  it('leaves the profile key out for strangers', () => {
    const stranger = { ...header, profileKey: undefined };
    expect(decodeContent(encodeContent({ header: stranger, body: { kind: 'hello' } }))).toEqual({
      header: stranger,
      body: { kind: 'hello' },
    });
  });

  it('keeps a kind that it does not know, whole, and reads it again once it is known', () => {
    const encoded = known(unpad(encodeContent({ header, body: { kind: 'hello' } })));
    // The last field is `hello` (4, empty); number 900 stands for a kind of the future.
    const future = Uint8Array.from([...encoded.subarray(0, encoded.length - 2), 0xa2, 0x38, 0x02, 0x08, 0x01]);
    const received = decodeContent(pad(future));
    expect(received).toEqual({ header, body: { kind: 'unknown', encoded: future } });
    expect(decodeKeptContent(future)).toEqual(received);
    expect(decodeKeptContent(encoded)).toEqual({ header, body: { kind: 'hello' } });
  });

  it.each([
    ['an empty text', { kind: 'text', body: '' }],
    ['a text too long', { kind: 'text', body: 'x'.repeat(CONTENT_LIMITS.textLength + 1) }],
    ['an empty receipt', { kind: 'receipt', state: 'read', messageIds: [], at: sentAt }],
    [
      'a receipt too long',
      {
        kind: 'receipt',
        state: 'read',
        messageIds: Array.from({ length: CONTENT_LIMITS.receiptMessageIds + 1 }, () => messageId),
        at: sentAt,
      },
    ],
  ] as [string, Body][])('does not encode %s', (_, body) => {
    expect(() => encodeContent({ header, body })).toThrow(RangeError);
  });

  it.each([
    ['a short hash', { ...header, senderListHead: { ...header.senderListHead, hash: new Uint8Array(31) } }],
    ['a short profile key', { ...header, profileKey: new Uint8Array(16) }],
  ])('refuses %s', (_, wrong) => {
    expect(decodeContent(encodeContent({ header: wrong, body: { kind: 'hello' } }))).toBe('header');
  });

  it('refuses content without a header', () => {
    expect(decodeContent(pad(new Uint8Array([0x22, 0x00])))).toBe('header');
  });

  it('tells padding, encoding and body apart for our own log', () => {
    expect(decodeContent(new Uint8Array(160))).toBe('padding');
    expect(decodeContent(pad(new Uint8Array([0x0a, 0x7f])))).toBe('encoding');
  });

  it('any cut of a content is refused, and no bytes make it throw', () => {
    const encoded = encodeContent({ header, body: { kind: 'text', body: 'x' } });
    for (let length = 0; length < encoded.length; length += 1) {
      expect(typeof decodeContent(encoded.subarray(0, length))).toBe('string');
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        decodeContent(bytes);
        decodeContent(pad(bytes));
      }),
      { numRuns: counted(100_000), seed: TEST_SEED },
    );
  });
});

describe('padding', () => {
  it('has buckets of 160 up to 1 KiB, then powers of √2', () => {
    expect([0, 158, 159, 160, 318, 319, 959, 960, 1_023, 1_024].map(paddedLength)).toEqual([
      160, 160, 160, 320, 320, 320, 960, 1_024, 1_024, 1_449,
    ]);
    expect([1_448, 1_449, 2_047, 2_048].map(paddedLength)).toEqual([1_449, 2_048, 2_048, 2_897]);
  });

  it('comes off exactly, and in one way only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
        const padded = pad(bytes);
        expect(padded.length).toBe(paddedLength(bytes.length));
        expect(padded.length).toBeLessThanOrEqual(Math.max(160, (bytes.length + 1) * 2));
        expect(unpad(padded)).toEqual(bytes);
        // A longer or shorter run of zeros would be a channel for a tampering peer.
        expect(unpad(Uint8Array.from([...padded, 0]))).toBeUndefined();
        expect(unpad(padded.subarray(0, padded.length - 1))).toBeUndefined();
      }),
      { seed: TEST_SEED },
    );
  });
});
