import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseUnixMs } from '../ids.js';
import {
  at,
  chatId,
  contact,
  ENTRIES,
  filled,
  messageId,
  PROVISIONING,
  RECORD,
  sender,
  setting,
  SYNCS,
  username,
} from '../testing/content-samples.js';
import { counted, TEST_SEED } from '../testing/scale.js';
import { decodeArchiveEntry, encodeArchiveEntry, type ArchiveEntry } from './archive-entry.js';
import { decodeContent, decodeKeptContent, encodeContent, type Header } from './content.js';
import { CONTENT_LIMITS } from './limits.js';
import { pad, unpad } from './padding.js';
import { decodeProvisioning, encodeProvisioning, type Provisioning } from './provisioning.js';
import { decodeStorageRecord, encodeStorageRecord, type StorageRecordContent } from './storage-record.js';
import { decodeSync, encodeSync as keepSync, supersedes, type SyncKind } from './sync.js';

const known = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('bad test data');
  return value;
};
const head = { epoch: 0, number: 0, hash: filled(32, 1) };
const [deviceSync] = SYNCS.filter((sync) => sync.kind === 'deviceName');
if (deviceSync === undefined) throw new Error('bad test data');
const header: Header = {
  senderAccount: sender,
  senderDevice: deviceSync.deviceId,
  recipientAccount: sender,
  recipientDevice: deviceSync.deviceId,
  messageId,
  sequence: 1,
  sentAt: at,
  senderListHead: head,
  recipientListHead: head,
  profileKey: undefined,
};
const encodeSync = (sync: SyncKind) => encodeContent({ header, body: { kind: 'sync', sync } });

describe('sync', () => {
  it.each(SYNCS)('$kind survives', (sync) => {
    expect(decodeContent(encodeSync(sync))).toEqual({ header, body: { kind: 'sync', sync } });
  });

  it('keeps a kind that it does not know apart from what people have written', () => {
    const encoded = unpad(encodeSync({ kind: 'storageRecord', version: 0 }));
    if (encoded === undefined) throw new Error('bad test data');
    // The sync is the last field: number 5, two bytes, in them kind 9, empty. Kind 15 is of the future.
    expect([...encoded.subarray(-4)]).toEqual([0x2a, 0x02, 0x4a, 0x00]);
    const future = Uint8Array.from([...encoded.subarray(0, -2), 0x7a, 0x00]);
    expect(decodeContent(pad(future))).toEqual({ header, body: { kind: 'unknownSync', encoded: future } });
    expect(decodeKeptContent(encoded)).toMatchObject({ body: { sync: { kind: 'storageRecord' } } });
  });

  it.each(SYNCS)('$kind is kept by itself', (sync) => {
    expect(decodeSync(keepSync(sync))).toEqual(sync);
  });

  it('by itself is nothing where it is broken or of another version', () => {
    expect(decodeSync(Uint8Array.from([0x7a]))).toBeUndefined();
    expect(decodeSync(Uint8Array.from([0x7a, 0x00]))).toBeUndefined();
    expect(decodeSync(Uint8Array.from([0x32, 0x00]))).toBeUndefined();
  });

  it('set twice ends alike on every device, in whatever order they hear of it', () => {
    const early = { kind: 'setting', ...setting } as const;
    const late = { ...early, value: 'a', setAt: known(parseUnixMs(at + 1)) };
    expect([supersedes(late, early), supersedes(early, late)]).toEqual([true, false]);
    const [on, off] = [
      { ...early, value: 'on' },
      { ...early, value: 'off' },
    ];
    expect(supersedes(on, off)).not.toBe(supersedes(off, on));
    expect(supersedes(early, early)).toBe(false);
    const longer = { ...early, value: `${early.value}!` };
    expect(supersedes(longer, early)).not.toBe(supersedes(early, longer));
  });

  const many = Array.from({ length: CONTENT_LIMITS.syncMessageNames + 1 }, () => messageId);
  it.each<[string, SyncKind]>([
    ['an empty text', { ...SYNCS[0], body: '' } as SyncKind],
    ['a text too long', { ...SYNCS[0], body: 'x'.repeat(CONTENT_LIMITS.textLength + 1) } as SyncKind],
    ['no message that was read', { kind: 'read', chatId, messageIds: [] }],
    ['too many messages that were read', { kind: 'read', chatId, messageIds: many }],
    ['nothing that was deleted', { kind: 'deletion', chatId, messages: [] }],
    [
      'too much that was deleted',
      { kind: 'deletion', chatId, messages: many.map((id) => ({ sender, messageId: id })) },
    ],
    ['a draft too long', { kind: 'draft', chatId, text: 'x'.repeat(CONTENT_LIMITS.draftLength + 1), setAt: at }],
    ['a short profile key', { kind: 'contact', ...contact, profileKey: filled(31, 1) }],
    ['a setting without a name', { kind: 'setting', ...setting, name: '' }],
    ['a setting too long', { kind: 'setting', ...setting, value: 'x'.repeat(CONTENT_LIMITS.settingValueLength + 1) }],
    ['a device without a name', { ...deviceSync, name: '' }],
    ['a system name too long', { ...deviceSync, system: 'x'.repeat(CONTENT_LIMITS.systemNameLength + 1) }],
    [
      'a short storage key',
      { kind: 'accountKeys', storageRecordVersion: 1, storageKey: filled(16, 1), profileKey: filled(32, 1) },
    ],
    ['a version that no number can hold', { kind: 'storageRecord', version: Number.MAX_SAFE_INTEGER + 1 }],
  ])('refuses %s', (_, sync) => {
    expect(decodeContent(encodeSync(sync))).toBe('body');
  });
});

describe('the storage record', () => {
  it('survives, and so does an empty one', () => {
    expect(decodeStorageRecord(encodeStorageRecord(RECORD))).toEqual(RECORD);
    const empty: StorageRecordContent = {
      contacts: [],
      settings: [],
      deviceNames: [],
      drafts: [],
      pins: [],
      profileKey: filled(32, 1),
      earlierPasswordKeys: [],
    };
    expect(decodeStorageRecord(encodeStorageRecord(empty))).toEqual(empty);
  });

  it('is not encoded beyond its limit, nor read', () => {
    const pins = Array.from({ length: 5_000 }, () => ({ ...RECORD.pins[0]! }));
    expect(() => encodeStorageRecord({ ...RECORD, pins })).toThrow(RangeError);
    expect(decodeStorageRecord(new Uint8Array(CONTENT_LIMITS.storageRecordBytes + 1))).toBeUndefined();
  });

  it.each<[string, Partial<StorageRecordContent>]>([
    ['a short profile key', { profileKey: filled(31, 1) }],
    ['an identity key that is too long', { pins: [{ ...RECORD.pins[0]!, accountIdentityKey: filled(34, 1) }] }],
    ['a short hash', { pins: [{ ...RECORD.pins[0]!, hash: filled(31, 1) }] }],
    ['an empty password key', { earlierPasswordKeys: [{ wrapped: new Uint8Array(), changedAt: at }] }],
  ])('refuses %s', (_, change) => {
    expect(decodeStorageRecord(encodeStorageRecord({ ...RECORD, ...change }))).toBeUndefined();
  });
});

describe('what a new device is given', () => {
  it('survives, with and without what may be absent', () => {
    expect(decodeProvisioning(encodeProvisioning(PROVISIONING))).toEqual(PROVISIONING);
    const bare: Provisioning = {
      ...PROVISIONING,
      passwordKey: undefined,
      history: undefined,
      storageRecordVersion: 0,
      storageRecordHash: undefined,
    };
    expect(decodeProvisioning(encodeProvisioning(bare))).toEqual(bare);
  });

  it.each<[string, Partial<Provisioning>]>([
    ['a short identity key', { accountIdentityKey: filled(32, 1) }],
    ['a short recovery key', { recoveryPublicKey: filled(32, 1) }],
    ['a short salt', { stretch: { ...PROVISIONING.stretch, salt: filled(8, 1) } }],
    ['a short password key', { passwordKey: filled(16, 1) }],
    ['a record without its hash', { storageRecordHash: undefined }],
    ['a hash without a record', { storageRecordVersion: 0 }],
    ['no certificate', { certificate: new Uint8Array() }],
    ['a list that is too long', { list: filled(2_049, 1) }],
    ['a short signature', { listSignature: filled(63, 1) }],
    ['a short history key', { history: { ...PROVISIONING.history!, historyKey: filled(31, 1) } }],
  ])('refuses %s', (_, change) => {
    expect(decodeProvisioning(encodeProvisioning({ ...PROVISIONING, ...change }))).toBeUndefined();
  });

  it('is not encoded beyond its limit, nor read', () => {
    expect(() => encodeProvisioning({ ...PROVISIONING, certificate: filled(13_000, 1) })).toThrow(RangeError);
    expect(decodeProvisioning(new Uint8Array(CONTENT_LIMITS.provisioningBytes + 1))).toBeUndefined();
  });
});

describe('an archive entry', () => {
  it.each(ENTRIES)('$kind survives', (entry) => {
    expect(decodeArchiveEntry(encodeArchiveEntry(entry))).toEqual(entry);
  });

  it.each(['waiting', 'sent', 'delivered', 'read', 'failed', 'unread', 'seen'] as const)(
    'keeps the state %s',
    (state) => {
      const entry = { ...ENTRIES[1], state } as ArchiveEntry;
      expect(decodeArchiveEntry(encodeArchiveEntry(entry))).toEqual(entry);
    },
  );

  it('of a kind that it does not know is told apart from one that is broken', () => {
    expect(decodeArchiveEntry(Uint8Array.from([0x7a, 0x00]))).toEqual({ kind: 'unknown' });
    expect(decodeArchiveEntry(Uint8Array.from([0x7a]))).toBeUndefined();
    // A message without anything in it.
    expect(decodeArchiveEntry(Uint8Array.from([0x12, 0x00]))).toBeUndefined();
  });

  it('is not encoded beyond its limit, nor read', () => {
    const newer = { kind: 'newer', encoded: filled(CONTENT_LIMITS.archiveEntryBytes, 1) } as const;
    expect(() => encodeArchiveEntry({ ...ENTRIES[2], body: newer } as ArchiveEntry)).toThrow(RangeError);
    expect(decodeArchiveEntry(new Uint8Array(CONTENT_LIMITS.archiveEntryBytes + 1))).toBeUndefined();
    const most = { kind: 'newer', encoded: filled(CONTENT_LIMITS.newerContentBytes + 1, 1) } as const;
    expect(decodeArchiveEntry(encodeArchiveEntry({ ...ENTRIES[2], body: most } as ArchiveEntry))).toBeUndefined();
    const draft = 'x'.repeat(CONTENT_LIMITS.draftLength + 1);
    expect(
      decodeArchiveEntry(encodeArchiveEntry({ kind: 'chat', chatId, username, createdAt: at, draft })),
    ).toBeUndefined();
  });
});

describe('hostile bytes', () => {
  const samples = [
    ...ENTRIES.map((entry) => encodeArchiveEntry(entry)),
    encodeStorageRecord(RECORD),
    encodeProvisioning(PROVISIONING),
    ...SYNCS.map((sync) => encodeSync(sync)),
  ];
  const decoders = [decodeArchiveEntry, decodeStorageRecord, decodeProvisioning, decodeContent];

  it('never make a decoder throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(),
        (sample, position, mask, length) => {
          const bytes = new Uint8Array(sample.subarray(0, sample.length - (length % 3)));
          const index = position % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ mask;
          for (const decode of decoders) expect(() => decode(bytes)).not.toThrow();
        },
      ),
      { seed: TEST_SEED, numRuns: counted(200_000) },
    );
  });

  it('of any kind never make a decoder throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        for (const decode of decoders) expect(() => decode(bytes)).not.toThrow();
      }),
      { seed: TEST_SEED, numRuns: counted(200_000) },
    );
  });
});
