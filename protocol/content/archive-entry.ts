import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ArchivedMessage_State,
  ArchiveEntrySchema,
  type ArchivedChat as ArchivedChatMessage,
  type ArchivedMessage as ArchivedMessageMessage,
  type ArchiveEntry as ArchiveEntryMessage,
} from '../gen/content/archive_pb.js';
import { idBytes, type AccountId, type MessageId, type UnixMs, type Username } from '../ids.js';
import { CONTENT_LIMITS } from './limits.js';
import { pinInit, readPin, type ContactPin } from './storage-record.js';
import { contactInit, readContact, readSetting, settingInit, type ContactState, type Setting } from './sync.js';
import { decoded, value, type Bytes } from './values.js';

/** Stands before the messages of its chat. */
export interface ArchivedChat {
  readonly chatId: AccountId;
  readonly username: Username;
  readonly createdAt: UnixMs;
  readonly draft: string;
}

/** Own messages: `waiting` to `failed`. Received ones: `unread`, `seen`. */
export type ArchivedState = 'waiting' | 'sent' | 'delivered' | 'read' | 'failed' | 'unread' | 'seen';

/** A whole content of a kind that the writer of the archive did not know. */
export interface NewerContent {
  readonly kind: 'newer';
  readonly encoded: Bytes;
}

export interface ArchivedMessage {
  readonly chatId: AccountId;
  readonly sender: AccountId;
  readonly messageId: MessageId;
  readonly sentAt: UnixMs;
  readonly orderedAt: UnixMs;
  readonly sequence: number;
  readonly state: ArchivedState;
  readonly body: { readonly kind: 'text'; readonly text: string } | NewerContent;
}

/** What a history archive consists of (SPEC §12). */
export type ArchiveEntry =
  | (ArchivedChat & { readonly kind: 'chat' })
  | (ArchivedMessage & { readonly kind: 'message' })
  | (ContactState & { readonly kind: 'contact' })
  | (Setting & { readonly kind: 'setting' })
  | (ContactPin & { readonly kind: 'pin' });

/** Of a kind that this build does not know: counted and passed over. */
export interface UnknownEntry {
  readonly kind: 'unknown';
}

const STATES = {
  waiting: ArchivedMessage_State.WAITING,
  sent: ArchivedMessage_State.SENT,
  delivered: ArchivedMessage_State.DELIVERED,
  read: ArchivedMessage_State.READ,
  failed: ArchivedMessage_State.FAILED,
  unread: ArchivedMessage_State.UNREAD,
  seen: ArchivedMessage_State.SEEN,
} as const satisfies Record<ArchivedState, ArchivedMessage_State>;

const STATE_NAMES: ReadonlyMap<ArchivedMessage_State, ArchivedState> = new Map([
  [STATES.waiting, 'waiting'],
  [STATES.sent, 'sent'],
  [STATES.delivered, 'delivered'],
  [STATES.read, 'read'],
  [STATES.failed, 'failed'],
  [STATES.unread, 'unread'],
  [STATES.seen, 'seen'],
]);

const messageInit = (entry: ArchivedMessage) => ({
  chatAccount: idBytes(entry.chatId),
  senderAccount: idBytes(entry.sender),
  messageId: idBytes(entry.messageId),
  sentAtMs: BigInt(entry.sentAt),
  orderedAtMs: BigInt(entry.orderedAt),
  sequence: BigInt(entry.sequence),
  state: STATES[entry.state],
  body:
    entry.body.kind === 'text'
      ? { case: 'text' as const, value: { body: entry.body.text } }
      : { case: 'newer' as const, value: entry.body.encoded },
});

const kindInit = (entry: ArchiveEntry): NonNullable<MessageInitShape<typeof ArchiveEntrySchema>['kind']> => {
  switch (entry.kind) {
    case 'chat':
      return {
        case: 'chat',
        value: {
          account: idBytes(entry.chatId),
          username: entry.username,
          createdAtMs: BigInt(entry.createdAt),
          draft: entry.draft,
        },
      };
    case 'message':
      return { case: 'message', value: messageInit(entry) };
    case 'contact':
      return { case: 'contact', value: contactInit(entry) };
    case 'setting':
      return { case: 'setting', value: settingInit(entry) };
    case 'pin':
      return { case: 'pin', value: pinInit(entry) };
  }
};

/** Throws a `RangeError` when the entry is beyond its limit. */
export const encodeArchiveEntry = (entry: ArchiveEntry): Bytes => {
  const encoded = toBinary(ArchiveEntrySchema, create(ArchiveEntrySchema, { kind: kindInit(entry) }));
  if (encoded.length > CONTENT_LIMITS.archiveEntryBytes) throw new RangeError('archive entry length');
  return new Uint8Array(encoded);
};

const readChat = (message: ArchivedChatMessage): ArchivedChat => ({
  chatId: value.account(message.account),
  username: value.username(message.username),
  createdAt: value.time(message.createdAtMs),
  draft: value.text(message.draft, CONTENT_LIMITS.draftLength),
});

const readBody = ({ body }: ArchivedMessageMessage): ArchivedMessage['body'] | undefined => {
  switch (body.case) {
    case 'text':
      return { kind: 'text', text: value.text(body.value.body, CONTENT_LIMITS.textLength, 1) };
    case 'newer':
      return { kind: 'newer', encoded: value.someBytes(body.value, CONTENT_LIMITS.newerContentBytes) };
    case undefined:
      return undefined;
  }
};

const readMessage = (message: ArchivedMessageMessage): ArchivedMessage => ({
  chatId: value.account(message.chatAccount),
  sender: value.account(message.senderAccount),
  messageId: value.message(message.messageId),
  sentAt: value.time(message.sentAtMs),
  orderedAt: value.time(message.orderedAtMs),
  sequence: value.count(message.sequence),
  state: value.required(STATE_NAMES.get(message.state)),
  body: value.required(readBody(message)),
});

const readEntry = ({ kind }: ArchiveEntryMessage): ArchiveEntry | UnknownEntry => {
  switch (kind.case) {
    case 'chat':
      return { kind: 'chat', ...readChat(kind.value) };
    case 'message':
      return { kind: 'message', ...readMessage(kind.value) };
    case 'contact':
      return { kind: 'contact', ...readContact(kind.value) };
    case 'setting':
      return { kind: 'setting', ...readSetting(kind.value) };
    case 'pin':
      return { kind: 'pin', ...readPin(kind.value) };
    case undefined:
      return { kind: 'unknown' };
  }
};

/** `undefined` unless these are the bytes of an entry in which every value is good. */
export const decodeArchiveEntry = (bytes: Uint8Array): ArchiveEntry | UnknownEntry | undefined => {
  if (bytes.length > CONTENT_LIMITS.archiveEntryBytes) return undefined;
  let message: ArchiveEntryMessage;
  try {
    message = fromBinary(ArchiveEntrySchema, bytes);
  } catch {
    return undefined;
  }
  return decoded(() => readEntry(message));
};
