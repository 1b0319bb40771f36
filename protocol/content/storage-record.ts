import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  StorageRecordSchema,
  type ContactPin as ContactPinMessage,
  type StorageRecord as StorageRecordMessage,
} from '../gen/content/storage_record_pb.js';
import { idBytes, type AccountId, type UnixMs } from '../ids.js';
import { CONTENT_LIMITS } from './limits.js';
import {
  contactInit,
  deviceNameInit,
  draftInit,
  readContact,
  readDeviceName,
  readDraft,
  readSetting,
  settingInit,
  type ContactState,
  type DeviceName,
  type Draft,
  type Setting,
} from './sync.js';
import { decoded, value, type Bytes } from './values.js';

const LENGTH = { identityKey: 33, hash: 32, profileKey: 32 } as const;

/** Whom the account has pinned, and whether the person has compared the safety number. */
export interface ContactPin {
  readonly accountId: AccountId;
  /** 33 bytes. */
  readonly accountIdentityKey: Bytes;
  readonly epoch: number;
  readonly number: number;
  /** 32 bytes. */
  readonly hash: Bytes;
  readonly verified: boolean;
  readonly setAt: UnixMs;
}

/** An earlier password key, encrypted with the next one. */
export interface EarlierPasswordKey {
  readonly wrapped: Bytes;
  readonly changedAt: UnixMs;
}

/** The slow-moving state of an account, before it is encrypted with the storage key (SPEC §12). */
export interface StorageRecordContent {
  readonly contacts: readonly ContactState[];
  readonly settings: readonly Setting[];
  readonly deviceNames: readonly DeviceName[];
  readonly drafts: readonly Draft[];
  readonly pins: readonly ContactPin[];
  /** The profile key that goes with this version, 32 bytes. */
  readonly profileKey: Bytes;
  readonly earlierPasswordKeys: readonly EarlierPasswordKey[];
}

/** The message of a pin, for the encoders of this package (SPEC §12). */
export const pinInit = (pin: ContactPin) => ({
  account: idBytes(pin.accountId),
  accountIdentityKey: pin.accountIdentityKey,
  epoch: BigInt(pin.epoch),
  number: pin.number,
  hash: pin.hash,
  verified: pin.verified,
  setAtMs: BigInt(pin.setAt),
});

/** Reads a pin within {@link decoded}; throws there where a value breaks a bound. */
export const readPin = (message: ContactPinMessage): ContactPin => ({
  accountId: value.account(message.account),
  accountIdentityKey: value.bytes(message.accountIdentityKey, LENGTH.identityKey),
  epoch: value.count(message.epoch),
  number: message.number,
  hash: value.bytes(message.hash, LENGTH.hash),
  verified: message.verified,
  setAt: value.time(message.setAtMs),
});

/** Throws a `RangeError` when the record is beyond its limit. */
export const encodeStorageRecord = (record: StorageRecordContent): Bytes => {
  const encoded = toBinary(
    StorageRecordSchema,
    create(StorageRecordSchema, {
      contacts: record.contacts.map(contactInit),
      settings: record.settings.map(settingInit),
      deviceNames: record.deviceNames.map(deviceNameInit),
      drafts: record.drafts.map(draftInit),
      pins: record.pins.map(pinInit),
      profileKey: record.profileKey,
      earlierPasswordKeys: record.earlierPasswordKeys.map(({ wrapped, changedAt }) => ({
        wrapped,
        changedAtMs: BigInt(changedAt),
      })),
    }),
  );
  if (encoded.length > CONTENT_LIMITS.storageRecordBytes) throw new RangeError('storage record length');
  return new Uint8Array(encoded);
};

/** `undefined` unless these are the bytes of a record in which every value is good. */
export const decodeStorageRecord = (bytes: Uint8Array): StorageRecordContent | undefined => {
  if (bytes.length > CONTENT_LIMITS.storageRecordBytes) return undefined;
  let message: StorageRecordMessage;
  try {
    message = fromBinary(StorageRecordSchema, bytes);
  } catch {
    return undefined;
  }
  return decoded(() => ({
    contacts: message.contacts.map(readContact),
    settings: message.settings.map(readSetting),
    deviceNames: message.deviceNames.map(readDeviceName),
    drafts: message.drafts.map(readDraft),
    pins: message.pins.map(readPin),
    profileKey: value.bytes(message.profileKey, LENGTH.profileKey),
    earlierPasswordKeys: message.earlierPasswordKeys.map(({ wrapped, changedAtMs }) => ({
      wrapped: value.someBytes(wrapped, CONTENT_LIMITS.wrappedKeyBytes),
      changedAt: value.time(changedAtMs),
    })),
  }));
};
