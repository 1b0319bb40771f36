import type { SyncKind, StorageRecordContent } from '@sotto/protocol/content';
import { decodeStorageRecord, encodeStorageRecord } from '@sotto/protocol/content';
import type { AccountId } from '@sotto/protocol/ids';
import { LIMITS, type Bytes } from '@sotto/protocol/wire';
import type { EarlierPasswordKeyStore } from '../account/wrapped-keys.js';
import type { DevicePinStore } from '../devices/types.js';
import type { AccountStateRepository } from '../storage/account-state-repository.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import { contactStateOf, draftOf } from '../sync/chat-sync.js';

/** Room for the frame, the padding and the seal around an encoded content. */
const SEALING_MOST_BYTES = 8 * 1_024;
const ENCODED_MOST_BYTES = LIMITS.storageRecordBytes - SEALING_MOST_BYTES;

export interface RecordSources {
  readonly chats: ChatRepository;
  readonly state: AccountStateRepository;
  readonly pins: Pick<DevicePinStore, 'find'>;
  readonly earlier: EarlierPasswordKeyStore;
}

/** What belongs into the storage record as this device knows it; what only `before` knows stays in it. */
export const recordContent = (
  { chats, state, pins, earlier }: RecordSources,
  profileKey: Bytes,
  before: StorageRecordContent | undefined,
): StorageRecordContent => {
  const all = chats.list();
  const kept = new Map(before?.pins.map((pin) => [pin.accountId, pin]));
  for (const { chatId } of all) {
    const pin = pins.find(chatId);
    if (pin === undefined) continue;
    const { accountIdentityKey, head, pinnedAt } = pin;
    const verified = kept.get(chatId)?.verified ?? false;
    kept.set(chatId, { accountId: chatId, accountIdentityKey, ...head, verified, setAt: pinnedAt });
  }
  return {
    contacts: all.map(contactStateOf),
    settings: state.settings(),
    deviceNames: state.deviceNames(),
    drafts: all.filter(({ draftSetAt }) => draftSetAt > 0).map(draftOf),
    pins: [...kept.values()],
    profileKey,
    earlierPasswordKeys: earlier.list(),
  };
};

const encodeWithin = (content: StorageRecordContent): Bytes | undefined => {
  try {
    const encoded = encodeStorageRecord(content);
    return encoded.length <= ENCODED_MOST_BYTES ? encoded : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

/** The encoded content. What is too much stays out, what can be had again first: drafts, pins, then who was silent longest. */
export const encodeRecord = (content: StorageRecordContent): Bytes => {
  let { contacts } = content;
  let encoded = encodeWithin(content) ?? encodeWithin({ ...content, drafts: [] });
  while (encoded === undefined) {
    encoded = encodeWithin({ ...content, contacts, drafts: [], pins: [] });
    if (contacts.length === 0) break;
    contacts = contacts.slice(0, contacts.length / 2);
  }
  if (encoded === undefined) throw new Error('the settings alone are more than a storage record holds');
  return encoded;
};

export const decodeRecord = (encoded: Bytes | undefined): StorageRecordContent | undefined =>
  encoded === undefined ? undefined : decodeStorageRecord(encoded);

/** The record as what other devices would have said one by one. The own account has no chat with itself. */
export const syncsOf = (content: StorageRecordContent, self: AccountId): readonly SyncKind[] => [
  ...content.contacts
    .filter(({ accountId }) => accountId !== self)
    .map((contact) => ({ kind: 'contact', ...contact }) as const),
  ...content.settings.map((setting) => ({ kind: 'setting', ...setting }) as const),
  ...content.deviceNames.map((name) => ({ kind: 'deviceName', ...name }) as const),
  ...content.drafts.map((draft) => ({ kind: 'draft', ...draft }) as const),
];
