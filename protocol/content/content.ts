import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ContentSchema,
  Receipt_Kind,
  type Content as ContentMessage,
  type Header as HeaderMessage,
  type ListHead as ListHeadMessage,
  type Receipt as ReceiptMessage,
} from '../gen/content/content_pb.js';
import {
  accountIdFromBytes,
  deviceIdFromBytes,
  idBytes,
  messageIdFromBytes,
  parseUnixMs,
  type AccountId,
  type DeviceId,
  type MessageId,
  type UnixMs,
} from '../ids.js';
import { CONTENT_LIMITS } from './limits.js';
import { pad, unpad } from './padding.js';
import { readSync, syncInit, type SyncKind } from './sync.js';
import { decoded } from './values.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** Where a device list stands: its epoch, its number in the epoch and the hash of its canonical bytes. */
export interface ListHead {
  readonly epoch: number;
  readonly number: number;
  /** 32 bytes. */
  readonly hash: Bytes;
}

/** Binds a content to its sender, recipient and place (SPEC §7.1). */
export interface Header {
  readonly senderAccount: AccountId;
  readonly senderDevice: DeviceId;
  readonly recipientAccount: AccountId;
  readonly recipientDevice: DeviceId;
  readonly messageId: MessageId;
  readonly sequence: number;
  readonly sentAt: UnixMs;
  readonly senderListHead: ListHead;
  /** The recipient's list as the sender has pinned it. */
  readonly recipientListHead: ListHead;
  /** 32 bytes; only for contacts. */
  readonly profileKey: Bytes | undefined;
}

export interface Text {
  readonly kind: 'text';
  readonly body: string;
}

export interface Receipt {
  readonly kind: 'receipt';
  readonly state: 'delivered' | 'read';
  readonly messageIds: readonly MessageId[];
  readonly at: UnixMs;
}

/** Carries the header alone: the profile key and the list heads. */
export interface Hello {
  readonly kind: 'hello';
}

/** Obeyed only when it comes from another device of the own account. */
export interface Sync {
  readonly kind: 'sync';
  readonly sync: SyncKind;
}

export type Body = Text | Receipt | Hello | Sync;

/** A kind that this build does not know: kept whole, to be read again after an update. */
export interface UnknownBody {
  readonly kind: 'unknown';
  /** The encoded content without its padding. */
  readonly encoded: Bytes;
}

/** A sync kind that this build does not know: kept whole as well, and shown to nobody. */
export interface UnknownSync {
  readonly kind: 'unknownSync';
  /** The encoded content without its padding. */
  readonly encoded: Bytes;
}

export interface Content {
  readonly header: Header;
  readonly body: Body;
}

export interface ReceivedContent {
  readonly header: Header;
  readonly body: Body | UnknownBody | UnknownSync;
}

/** Why a decrypted plaintext is not content. All look alike to the peer; the word is for our own log. */
export type ContentError = 'padding' | 'encoding' | 'header' | 'body';

const HASH_LENGTH = 32;
const PROFILE_KEY_LENGTH = 32;

const headInit = (head: ListHead) => ({ epoch: BigInt(head.epoch), number: head.number, hash: head.hash });

const bodyInit = (body: Body): NonNullable<MessageInitShape<typeof ContentSchema>['body']> => {
  switch (body.kind) {
    case 'text':
      return { case: 'text', value: { body: body.body } };
    case 'receipt':
      return {
        case: 'receipt',
        value: {
          kind: body.state === 'read' ? Receipt_Kind.READ : Receipt_Kind.DELIVERED,
          messageIds: body.messageIds.map(idBytes),
          atMs: BigInt(body.at),
        },
      };
    case 'hello':
      return { case: 'hello', value: {} };
    case 'sync':
      return { case: 'sync', value: syncInit(body.sync) };
  }
};

/** Encodes and pads content for the ratchet (SPEC §7). Throws a `RangeError` when a text or receipt is beyond its limit. */
export const encodeContent = ({ header, body }: Content): Bytes => {
  if (body.kind === 'text' && (body.body.length === 0 || body.body.length > CONTENT_LIMITS.textLength)) {
    throw new RangeError('text length');
  }
  if (body.kind === 'receipt' && !receiptCountFits(body.messageIds.length)) throw new RangeError('receipt length');
  const message = create(ContentSchema, {
    header: {
      senderAccount: idBytes(header.senderAccount),
      senderDevice: idBytes(header.senderDevice),
      recipientAccount: idBytes(header.recipientAccount),
      recipientDevice: idBytes(header.recipientDevice),
      messageId: idBytes(header.messageId),
      sequence: BigInt(header.sequence),
      sentAtMs: BigInt(header.sentAt),
      senderListHead: headInit(header.senderListHead),
      recipientListHead: headInit(header.recipientListHead),
      profileKey: header.profileKey ?? new Uint8Array(),
    },
    body: bodyInit(body),
  });
  return pad(toBinary(ContentSchema, message));
};

const receiptCountFits = (count: number): boolean => count >= 1 && count <= CONTENT_LIMITS.receiptMessageIds;

const parseCount = (value: bigint): number | undefined =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;

const parseHead = (message: ListHeadMessage | undefined): ListHead | undefined => {
  if (message?.hash.length !== HASH_LENGTH) return undefined;
  const epoch = parseCount(message.epoch);
  return epoch === undefined ? undefined : { epoch, number: message.number, hash: new Uint8Array(message.hash) };
};

const parseParties = (message: HeaderMessage) => {
  const senderAccount = accountIdFromBytes(message.senderAccount);
  const senderDevice = deviceIdFromBytes(message.senderDevice);
  const recipientAccount = accountIdFromBytes(message.recipientAccount);
  const recipientDevice = deviceIdFromBytes(message.recipientDevice);
  return senderAccount === undefined ||
    senderDevice === undefined ||
    recipientAccount === undefined ||
    recipientDevice === undefined
    ? undefined
    : { senderAccount, senderDevice, recipientAccount, recipientDevice };
};

const parseHeader = (message: HeaderMessage): Header | undefined => {
  const parties = parseParties(message);
  const messageId = messageIdFromBytes(message.messageId);
  const sequence = parseCount(message.sequence);
  const sentAt = parseUnixMs(message.sentAtMs);
  if (parties === undefined || messageId === undefined || sequence === undefined || sentAt === undefined) {
    return undefined;
  }
  const senderListHead = parseHead(message.senderListHead);
  const recipientListHead = parseHead(message.recipientListHead);
  if (senderListHead === undefined || recipientListHead === undefined) return undefined;
  const { length } = message.profileKey;
  if (length !== 0 && length !== PROFILE_KEY_LENGTH) return undefined;
  const profileKey = length === 0 ? undefined : new Uint8Array(message.profileKey);
  return { ...parties, messageId, sequence, sentAt, senderListHead, recipientListHead, profileKey };
};

const parseReceipt = (message: ReceiptMessage): Receipt | undefined => {
  const at = parseUnixMs(message.atMs);
  if (at === undefined || !receiptCountFits(message.messageIds.length)) return undefined;
  const messageIds = message.messageIds.map(messageIdFromBytes).filter((id) => id !== undefined);
  if (messageIds.length !== message.messageIds.length) return undefined;
  switch (message.kind) {
    case Receipt_Kind.DELIVERED:
      return { kind: 'receipt', state: 'delivered', messageIds, at };
    case Receipt_Kind.READ:
      return { kind: 'receipt', state: 'read', messageIds, at };
    case Receipt_Kind.UNSPECIFIED:
      return undefined;
  }
};

const parseBody = (message: ContentMessage, encoded: Uint8Array): Body | UnknownBody | UnknownSync | undefined => {
  switch (message.body.case) {
    case 'text': {
      const { body } = message.body.value;
      return body.length === 0 || body.length > CONTENT_LIMITS.textLength ? undefined : { kind: 'text', body };
    }
    case 'receipt':
      return parseReceipt(message.body.value);
    case 'hello':
      return { kind: 'hello' };
    case 'sync': {
      const { value } = message.body;
      const sync = decoded(() => readSync(value));
      if (sync === 'unknown') return { kind: 'unknownSync', encoded: Uint8Array.from(encoded) };
      return sync === undefined ? undefined : { kind: 'sync', sync };
    }
    case undefined:
      return { kind: 'unknown', encoded: Uint8Array.from(encoded) };
  }
};

/**
 * Decodes a decrypted plaintext (SPEC §7). Never throws: the peer is hostile until its header has been checked against the
 * certificate, which is the caller's next step.
 */
export const decodeContent = (padded: Uint8Array): ReceivedContent | ContentError => {
  const encoded = unpad(padded);
  if (encoded === undefined) return 'padding';
  let message;
  try {
    message = fromBinary(ContentSchema, encoded);
  } catch {
    return 'encoding';
  }
  const header = message.header === undefined ? undefined : parseHeader(message.header);
  if (header === undefined) return 'header';
  const body = parseBody(message, encoded);
  return body === undefined ? 'body' : { header, body };
};

/** Reads content that was kept as unknown once more, after an update may have taught this build its kind. */
export const decodeKeptContent = (encoded: Uint8Array): ReceivedContent | ContentError => decodeContent(pad(encoded));
