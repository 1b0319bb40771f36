import { describe, expect, it } from '@jest/globals';
import {
  at,
  deviceId,
  ENTRIES,
  filled,
  messageId,
  PROVISIONING,
  RECORD,
  sender,
  SYNCS,
} from '../testing/content-samples.js';
import { decodeArchiveEntry, encodeArchiveEntry } from './archive-entry.js';
import { decodeContent, encodeContent, type Body, type Header } from './content.js';
import { decodeProvisioning, encodeProvisioning } from './provisioning.js';
import { decodeStorageRecord, encodeStorageRecord } from './storage-record.js';

const head = { epoch: 0, number: 0, hash: filled(32, 1) };
const header: Header = {
  senderAccount: sender,
  senderDevice: deviceId,
  recipientAccount: sender,
  recipientDevice: deviceId,
  messageId,
  sequence: 1,
  sentAt: at,
  senderListHead: head,
  recipientListHead: head,
  profileKey: undefined,
};

const bodies: Body[] = [
  { kind: 'text', body: 'text' },
  { kind: 'receipt', state: 'read', messageIds: [messageId], at },
  { kind: 'hello' },
  ...SYNCS.map((sync): Body => ({ kind: 'sync', sync })),
];

/** Every kind of thing that only the two ends see, with what reads it. */
const KINDS: readonly (readonly [string, Uint8Array, (bytes: Uint8Array) => unknown])[] = [
  ...bodies.map(
    (body) =>
      [
        `content, ${body.kind === 'sync' ? `sync of ${body.sync.kind}` : body.kind}`,
        encodeContent({ header, body }),
        decodeContent,
      ] as const,
  ),
  ...ENTRIES.map((entry) => [`archive entry, ${entry.kind}`, encodeArchiveEntry(entry), decodeArchiveEntry] as const),
  ['storage record', encodeStorageRecord(RECORD), decodeStorageRecord],
  ['provisioning', encodeProvisioning(PROVISIONING), decodeProvisioning],
];

describe.each(KINDS)('%s', (_, bytes, decode) => {
  it('cut anywhere is never read as what it was', () => {
    const whole = decode(bytes);
    expect(whole).toBeInstanceOf(Object);
    for (let length = 0; length < bytes.length; length += 1)
      expect({ length, read: decode(bytes.subarray(0, length)) }).not.toEqual({ length, read: whole });
  });

  // That a changed bit is told from what was written is for the seal around it: protobuf has many spellings of one value.
  it('with any bit flipped never makes the decoder throw', () => {
    const decodeFlipped = (bit: number): unknown => {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return decode(flipped);
    };
    expect(() => {
      for (let bit = 0; bit < bytes.length * 8; bit += 1) decodeFlipped(bit);
    }).not.toThrow();
  });
});

describe.each(bodies)('content of the kind $kind', (body) => {
  it('is refused at any other length: its padding holds it together', () => {
    const bytes = encodeContent({ header, body });
    for (let length = 0; length < bytes.length; length += 1)
      expect(decodeContent(bytes.subarray(0, length))).toEqual(expect.any(String));
  });
});
