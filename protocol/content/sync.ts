import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ContactState_Standing,
  type ContactState as ContactStateMessage,
  type DeviceName as DeviceNameMessage,
  type Draft as DraftMessage,
  type Setting as SettingMessage,
  SyncSchema,
  type Sync as SyncMessage,
} from '../gen/content/sync_pb.js';
import { idBytes, type AccountId, type DeviceId, type MessageId, type UnixMs, type Username } from '../ids.js';
import { CONTENT_LIMITS } from './limits.js';
import { decoded, value, type Bytes } from './values.js';

/** A text that another device of the account has written, with the place that it took in the chat. */
export interface SentText {
  readonly kind: 'sent';
  readonly chatId: AccountId;
  /** So that the chat can be opened where it is not there yet. */
  readonly chatUsername: Username;
  readonly messageId: MessageId;
  readonly sentAt: UnixMs;
  readonly orderedAt: UnixMs;
  readonly sequence: number;
  /** 1 to 5,000 UTF-16 code units. */
  readonly body: string;
}

/** Messages of the other person that have been read. */
export interface ReadMarks {
  readonly kind: 'read';
  readonly chatId: AccountId;
  readonly messageIds: readonly MessageId[];
}

/** One message, whoever wrote it. */
export interface MessageName {
  readonly sender: AccountId;
  readonly messageId: MessageId;
}

/** Messages deleted for this account alone. */
export interface Deletion {
  readonly kind: 'deletion';
  readonly chatId: AccountId;
  readonly messages: readonly MessageName[];
}

/** What a person has typed and not sent; empty text ends a draft. The later `setAt` stands. */
export interface Draft {
  readonly chatId: AccountId;
  readonly text: string;
  readonly setAt: UnixMs;
}

export type ContactStanding = 'request' | 'accepted' | 'blocked';

/** How this account stands to another person. The later `setAt` stands. */
export interface ContactState {
  readonly accountId: AccountId;
  readonly username: Username;
  readonly standing: ContactStanding;
  /** Theirs, 32 bytes, where it is known. */
  readonly profileKey: Bytes | undefined;
  readonly setAt: UnixMs;
}

/** One setting that goes for every device. The later `setAt` stands. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly setAt: UnixMs;
}

/** What people call a device. The later `setAt` stands. */
export interface DeviceName {
  readonly deviceId: DeviceId;
  readonly name: string;
  /** What it runs on, as shown to people. */
  readonly system: string;
  readonly setAt: UnixMs;
}

/** The keys of the account after a rotation; they open the storage record from this version on. */
export interface AccountKeyRotation {
  readonly kind: 'accountKeys';
  readonly storageRecordVersion: number;
  readonly storageKey: Bytes;
  readonly profileKey: Bytes;
}

/** The storage record has at least this version. */
export interface StorageRecordHint {
  readonly kind: 'storageRecord';
  readonly version: number;
}

/** What the devices of one account tell each other (SPEC §7.4). */
export type SyncKind =
  | SentText
  | ReadMarks
  | Deletion
  | (Draft & { readonly kind: 'draft' })
  | (ContactState & { readonly kind: 'contact' })
  | (Setting & { readonly kind: 'setting' })
  | (DeviceName & { readonly kind: 'deviceName' })
  | AccountKeyRotation
  | StorageRecordHint;

const KEY_LENGTH = 32;

const STANDINGS = {
  request: ContactState_Standing.REQUEST,
  accepted: ContactState_Standing.ACCEPTED,
  blocked: ContactState_Standing.BLOCKED,
} as const satisfies Record<ContactStanding, ContactState_Standing>;

const standingOf = (standing: ContactState_Standing): ContactStanding | undefined => {
  switch (standing) {
    case ContactState_Standing.REQUEST:
      return 'request';
    case ContactState_Standing.ACCEPTED:
      return 'accepted';
    case ContactState_Standing.BLOCKED:
      return 'blocked';
    case ContactState_Standing.UNSPECIFIED:
      return undefined;
  }
};

/** The message of a draft, for the encoders of this package (SPEC §7.4). */
export const draftInit = ({ chatId, text, setAt }: Draft) => ({
  chatAccount: idBytes(chatId),
  text,
  setAtMs: BigInt(setAt),
});

/** The message of a contact, for the encoders of this package (SPEC §7.4). */
export const contactInit = ({ accountId, username, standing, profileKey, setAt }: ContactState) => ({
  account: idBytes(accountId),
  username,
  standing: STANDINGS[standing],
  profileKey: profileKey ?? new Uint8Array(),
  setAtMs: BigInt(setAt),
});

/** The message of a setting, for the encoders of this package (SPEC §7.4). */
export const settingInit = ({ name, value: text, setAt }: Setting) => ({ name, value: text, setAtMs: BigInt(setAt) });

/** The message of a device name, for the encoders of this package (SPEC §7.4). */
export const deviceNameInit = ({ deviceId, name, system, setAt }: DeviceName) => ({
  device: idBytes(deviceId),
  name,
  system,
  setAtMs: BigInt(setAt),
});

/** Reads a draft within {@link decoded}; throws there where a value breaks a bound. */
export const readDraft = (message: DraftMessage): Draft => ({
  chatId: value.account(message.chatAccount),
  text: value.text(message.text, CONTENT_LIMITS.draftLength),
  setAt: value.time(message.setAtMs),
});

/** Reads a contact within {@link decoded}; throws there where a value breaks a bound. */
export const readContact = (message: ContactStateMessage): ContactState => ({
  accountId: value.account(message.account),
  username: value.username(message.username),
  standing: value.required(standingOf(message.standing)),
  profileKey: value.bytesOrNone(message.profileKey, KEY_LENGTH),
  setAt: value.time(message.setAtMs),
});

/** Reads a setting within {@link decoded}; throws there where a value breaks a bound. */
export const readSetting = (message: SettingMessage): Setting => ({
  name: value.text(message.name, CONTENT_LIMITS.settingNameLength, 1),
  value: value.text(message.value, CONTENT_LIMITS.settingValueLength),
  setAt: value.time(message.setAtMs),
});

/** Reads a device name within {@link decoded}; throws there where a value breaks a bound. */
export const readDeviceName = (message: DeviceNameMessage): DeviceName => ({
  deviceId: value.device(message.device),
  name: value.text(message.name, CONTENT_LIMITS.deviceNameLength, 1),
  system: value.text(message.system, CONTENT_LIMITS.systemNameLength),
  setAt: value.time(message.setAtMs),
});

const kindInit = (sync: SyncKind): NonNullable<MessageInitShape<typeof SyncSchema>['kind']> => {
  switch (sync.kind) {
    case 'sent':
      return {
        case: 'sent',
        value: {
          chatAccount: idBytes(sync.chatId),
          chatUsername: sync.chatUsername,
          messageId: idBytes(sync.messageId),
          sentAtMs: BigInt(sync.sentAt),
          orderedAtMs: BigInt(sync.orderedAt),
          sequence: BigInt(sync.sequence),
          body: sync.body,
        },
      };
    case 'read':
      return { case: 'read', value: { chatAccount: idBytes(sync.chatId), messageIds: sync.messageIds.map(idBytes) } };
    case 'deletion':
      return {
        case: 'deletion',
        value: {
          chatAccount: idBytes(sync.chatId),
          messages: sync.messages.map(({ sender, messageId }) => ({
            senderAccount: idBytes(sender),
            messageId: idBytes(messageId),
          })),
        },
      };
    case 'draft':
      return { case: 'draft', value: draftInit(sync) };
    case 'contact':
      return { case: 'contact', value: contactInit(sync) };
    case 'setting':
      return { case: 'setting', value: settingInit(sync) };
    case 'deviceName':
      return { case: 'deviceName', value: deviceNameInit(sync) };
    case 'accountKeys':
      return {
        case: 'accountKeys',
        value: {
          storageRecordVersion: BigInt(sync.storageRecordVersion),
          storageKey: sync.storageKey,
          profileKey: sync.profileKey,
        },
      };
    case 'storageRecord':
      return { case: 'storageRecord', value: { version: BigInt(sync.version) } };
  }
};

/** For the encoder of contents. */
export const syncInit = (sync: SyncKind): MessageInitShape<typeof SyncSchema> => ({ kind: kindInit(sync) });

/**
 * What another device of the account says. `'unknown'`: of a kind that this build does not know. Throws inside
 * {@link decoded} where a value breaks a bound.
 */
export const readSync = ({ kind }: SyncMessage): SyncKind | 'unknown' => {
  switch (kind.case) {
    case 'sent':
      return {
        kind: 'sent',
        chatId: value.account(kind.value.chatAccount),
        chatUsername: value.username(kind.value.chatUsername),
        messageId: value.message(kind.value.messageId),
        sentAt: value.time(kind.value.sentAtMs),
        orderedAt: value.time(kind.value.orderedAtMs),
        sequence: value.count(kind.value.sequence),
        body: value.text(kind.value.body, CONTENT_LIMITS.textLength, 1),
      };
    case 'read':
      return {
        kind: 'read',
        chatId: value.account(kind.value.chatAccount),
        messageIds: value.some(kind.value.messageIds, CONTENT_LIMITS.syncMessageNames, value.message),
      };
    case 'deletion':
      return {
        kind: 'deletion',
        chatId: value.account(kind.value.chatAccount),
        messages: value.some(kind.value.messages, CONTENT_LIMITS.syncMessageNames, (name) => ({
          sender: value.account(name.senderAccount),
          messageId: value.message(name.messageId),
        })),
      };
    case 'draft':
      return { kind: 'draft', ...readDraft(kind.value) };
    case 'contact':
      return { kind: 'contact', ...readContact(kind.value) };
    case 'setting':
      return { kind: 'setting', ...readSetting(kind.value) };
    case 'deviceName':
      return { kind: 'deviceName', ...readDeviceName(kind.value) };
    case 'accountKeys':
      return {
        kind: 'accountKeys',
        storageRecordVersion: value.count(kind.value.storageRecordVersion),
        storageKey: value.bytes(kind.value.storageKey, KEY_LENGTH),
        profileKey: value.bytes(kind.value.profileKey, KEY_LENGTH),
      };
    case 'storageRecord':
      return { kind: 'storageRecord', version: value.count(kind.value.version) };
    case undefined:
      return 'unknown';
  }
};

/** A sync by itself, as a device keeps it until it is sent (SPEC §7.4). */
export const encodeSync = (sync: SyncKind): Bytes =>
  new Uint8Array(toBinary(SyncSchema, create(SyncSchema, syncInit(sync))));

/** What {@link encodeSync} made. `undefined` for anything else, and for kinds that this build does not know. */
export const decodeSync = (bytes: Uint8Array): SyncKind | undefined => {
  let message: SyncMessage;
  try {
    message = fromBinary(SyncSchema, bytes);
  } catch {
    return undefined;
  }
  const sync = decoded(() => readSync(message));
  return sync === 'unknown' ? undefined : sync;
};

/** Whether `incoming` replaces `present`: the later one stands, of one instant the greater encoding (SPEC §7.4). */
export const supersedes = <Set extends SyncKind & { readonly setAt: UnixMs }>(incoming: Set, present: Set): boolean => {
  if (incoming.setAt !== present.setAt) return incoming.setAt > present.setAt;
  const [left, right] = [encodeSync(incoming), encodeSync(present)];
  const differs = left.findIndex((byte, index) => byte !== right[index]);
  return differs === -1 ? false : (left[differs] ?? 0) > (right[differs] ?? -1);
};
