import { parseAccountId, parseDeviceId, parseMessageId, parseUnixMs, parseUsername } from '../ids.js';
import type { ArchiveEntry } from '../content/archive-entry.js';
import type { Provisioning } from '../content/provisioning.js';
import type { ContactPin, StorageRecordContent } from '../content/storage-record.js';
import type { ContactState, DeviceName, Draft, Setting, SyncKind } from '../content/sync.js';

const known = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('bad test data');
  return value;
};

/** A length of bytes, each of one value. */
export const filled = (length: number, byte: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(byte);

export const chatId = known(parseAccountId('11111111-1111-4111-8111-111111111111'));
export const sender = known(parseAccountId('33333333-3333-4333-8333-333333333333'));
export const deviceId = known(parseDeviceId('22222222-2222-8222-8222-222222222222'));
export const messageId = known(parseMessageId('55555555-5555-4555-8555-555555555555'));
export const username = known(parseUsername('alice'));
export const at = known(parseUnixMs(1_700_000_000_000));

const draft: Draft = { chatId, text: 'Ещё не всё', setAt: at };
export const contact: ContactState = {
  accountId: chatId,
  username,
  standing: 'accepted',
  profileKey: filled(32, 1),
  setAt: at,
};
export const setting: Setting = { name: 'readReceipts', value: 'off', setAt: at };
const deviceName: DeviceName = { deviceId, name: 'Ноутбук', system: 'Linux', setAt: at };
const pin: ContactPin = {
  accountId: chatId,
  accountIdentityKey: filled(33, 2),
  epoch: 1_700_000_000_000,
  number: 3,
  hash: filled(32, 3),
  verified: true,
  setAt: at,
};

/** One of every kind of sync. */
export const SYNCS: readonly SyncKind[] = [
  {
    kind: 'sent',
    chatId,
    chatUsername: username,
    messageId,
    sentAt: at,
    orderedAt: at,
    sequence: 4,
    body: 'I wrote this elsewhere',
  },
  { kind: 'read', chatId, messageIds: [messageId, messageId] },
  { kind: 'deletion', chatId, messages: [{ sender, messageId }] },
  { kind: 'draft', ...draft },
  { kind: 'contact', ...contact },
  { kind: 'contact', ...contact, standing: 'blocked', profileKey: undefined },
  { kind: 'contact', ...contact, standing: 'request' },
  { kind: 'setting', ...setting },
  { kind: 'deviceName', ...deviceName },
  { kind: 'accountKeys', storageRecordVersion: 9, storageKey: filled(32, 4), profileKey: filled(32, 5) },
  { kind: 'storageRecord', version: 10 },
];

export const RECORD: StorageRecordContent = {
  contacts: [contact],
  settings: [setting],
  deviceNames: [deviceName],
  drafts: [draft],
  pins: [pin],
  profileKey: filled(32, 6),
  earlierPasswordKeys: [{ wrapped: filled(72, 7), changedAt: at }],
};

export const PROVISIONING: Provisioning = {
  accountId: chatId,
  username,
  accountIdentityKey: filled(33, 1),
  recoveryPublicKey: filled(1_216, 2),
  trustRoot: filled(33, 3),
  serverKeysVersion: 1,
  stretch: { salt: filled(16, 4), memoryKiB: 65_536, iterations: 3, parallelism: 4 },
  passwordKey: filled(32, 5),
  storageKey: filled(32, 6),
  profileKey: filled(32, 7),
  storageRecordVersion: 5,
  storageRecordHash: filled(32, 8),
  certificate: filled(200, 9),
  list: filled(300, 10),
  listSignature: filled(64, 11),
  history: { archiveId: filled(16, 12), historyKey: filled(32, 13), entries: 100_000 },
};

const archived = { chatId, sender, messageId, sentAt: at, orderedAt: at, sequence: 1 };

/** One of every kind of archive entry. */
export const ENTRIES: readonly ArchiveEntry[] = [
  { kind: 'chat', chatId, username, createdAt: at, draft: '' },
  { kind: 'message', ...archived, state: 'seen', body: { kind: 'text', text: 'وداعاً' } },
  { kind: 'message', ...archived, state: 'failed', body: { kind: 'newer', encoded: filled(300, 1) } },
  { kind: 'contact', ...contact },
  { kind: 'setting', ...setting },
  { kind: 'pin', ...pin },
];
