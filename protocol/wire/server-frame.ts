import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  EnvelopeKind,
  NoticeKind,
  ServerFrameSchema,
  type Envelope,
  type Failure,
  type MismatchedDevices,
} from '../gen/wire/wire_pb.js';
import { deviceIdFromBytes, envelopeIdFromBytes, idBytes, parseUnixMs, type DeviceId, type UnixMs } from '../ids.js';
import { encodeDeliver, type Allocate } from './deliver-encoding.js';
import type { Bytes, DeliveredEnvelope } from './envelope.js';
import { parseErrorCode, type ErrorCode } from './errors.js';
import { LIMITS } from './limits.js';

/** Nothing was stored. A hint: clients encrypt to verified lists only. */
export interface MismatchedDevicesFrame {
  readonly type: 'mismatchedDevices';
  readonly missing: readonly DeviceId[];
  readonly extra: readonly DeviceId[];
  readonly stale: readonly DeviceId[];
}

/** The error shape of REST on a socket; `errorId` is what the server's log knows it by. */
export interface FailureFrame {
  readonly type: 'failure';
  readonly code: ErrorCode;
  readonly message: string;
  readonly errorId: string;
  /** 0 where waiting does not help. */
  readonly retryAfterMs: number;
}

/** What has changed of the own account: a hint to look and to verify. */
export type NoticeTopic = (typeof NOTICE_TOPICS)[number];
export const NOTICE_TOPICS = ['deviceList', 'storageRecord', 'recovery'] as const;

export type ServerFrameBody =
  | { readonly type: 'authenticated'; readonly serverTime: UnixMs }
  | { readonly type: 'accepted'; readonly serverTime: UnixMs }
  | MismatchedDevicesFrame
  | FailureFrame
  | { readonly type: 'deliver'; readonly envelopes: readonly DeliveredEnvelope[] }
  | { readonly type: 'mailboxEmpty'; readonly expired: number }
  | { readonly type: 'acknowledged' }
  | { readonly type: 'moving'; readonly reconnectAfterMs: number }
  | { readonly type: 'notice'; readonly topic: NoticeTopic };

/** What is sent: ciphertexts go out of whatever memory they are in. */
export type SentServerFrameBody =
  | Exclude<ServerFrameBody, { readonly type: 'deliver' }>
  | { readonly type: 'deliver'; readonly envelopes: readonly DeliveredEnvelope<Uint8Array>[] };

/** `requestId` names the request that this answers; 0 for what the server sends of itself. */
export interface ServerFrame {
  readonly requestId: number;
  readonly body: SentServerFrameBody;
}

/** A frame as received: `unknown` comes from a newer server and is passed over, `invalid` from a broken or hostile one. */
export interface ReceivedServerFrame {
  readonly requestId: number;
  readonly body: ServerFrameBody | { readonly type: 'unknown' } | { readonly type: 'invalid'; readonly reason: string };
}

const MESSAGE_LENGTH_MOST = 512;

const NOTICE_KINDS: Readonly<Record<NoticeTopic, NoticeKind>> = {
  deviceList: NoticeKind.DEVICE_LIST,
  storageRecord: NoticeKind.STORAGE_RECORD,
  recovery: NoticeKind.RECOVERY,
};

type NestedBody = Exclude<SentServerFrameBody, { readonly type: 'deliver' }>;

const bodyInit = (body: NestedBody): NonNullable<MessageInitShape<typeof ServerFrameSchema>['body']> => {
  switch (body.type) {
    case 'authenticated':
      return { case: 'authenticated', value: { serverTimeMs: BigInt(body.serverTime) } };
    case 'accepted':
      return { case: 'accepted', value: { serverTimeMs: BigInt(body.serverTime) } };
    case 'mismatchedDevices':
      return {
        case: 'mismatchedDevices',
        value: {
          missing: body.missing.map(idBytes),
          extra: body.extra.map(idBytes),
          stale: body.stale.map(idBytes),
        },
      };
    case 'failure':
      return {
        case: 'failure',
        value: {
          code: body.code,
          message: body.message,
          requestId: body.errorId,
          retryAfterMs: body.retryAfterMs,
        },
      };
    case 'mailboxEmpty':
      return { case: 'mailboxEmpty', value: { expired: body.expired } };
    case 'acknowledged':
      return { case: 'acknowledged', value: {} };
    case 'moving':
      return { case: 'moving', value: { reconnectAfterMs: body.reconnectAfterMs } };
    case 'notice':
      return { case: 'notice', value: { kind: NOTICE_KINDS[body.topic] } };
  }
};

const ownMemory: Allocate = (length) => new Uint8Array(length);

/** Encodes a server's frame (SPEC §6.2). */
export const encodeServerFrame = ({ requestId, body }: ServerFrame, allocate: Allocate = ownMemory): Bytes =>
  body.type === 'deliver'
    ? encodeDeliver(requestId, body.envelopes, allocate)
    : toBinary(ServerFrameSchema, create(ServerFrameSchema, { requestId, body: bodyInit(body) }));

type ReceivedBody = ReceivedServerFrame['body'];

const invalid = (reason: string) => ({ type: 'invalid', reason }) as const;

const parseDevices = (ids: readonly Uint8Array[]): DeviceId[] | undefined => {
  if (ids.length > LIMITS.devicesMost) return undefined;
  const parsed = ids.map(deviceIdFromBytes).filter((id) => id !== undefined);
  return parsed.length === ids.length ? parsed : undefined;
};

const parseMismatch = (message: MismatchedDevices): ReceivedBody => {
  const missing = parseDevices(message.missing);
  const extra = parseDevices(message.extra);
  const stale = parseDevices(message.stale);
  return missing === undefined || extra === undefined || stale === undefined
    ? invalid('a device id is wrong, or there are too many')
    : { type: 'mismatchedDevices', missing, extra, stale };
};

const parseFailure = (message: Failure): ReceivedBody => ({
  type: 'failure',
  code: parseErrorCode(message.code),
  message: message.message.slice(0, MESSAGE_LENGTH_MOST),
  errorId: message.requestId.slice(0, 64),
  retryAfterMs: message.retryAfterMs,
});

const parseEnvelope = (message: Envelope): DeliveredEnvelope | undefined => {
  const envelopeId = envelopeIdFromBytes(message.id);
  const serverTime = parseUnixMs(message.serverTimeMs);
  if (envelopeId === undefined || serverTime === undefined) return undefined;
  if (message.ciphertext.length > LIMITS.envelopeBytes) return undefined;
  return {
    envelopeId,
    kind: message.kind === EnvelopeKind.SEALED ? 'sealed' : 'unknown',
    ciphertext: new Uint8Array(message.ciphertext),
    serverTime,
  };
};

const parseDeliver = (messages: readonly Envelope[]): ReceivedBody => {
  if (messages.length > LIMITS.envelopesPerDelivery) return invalid('too many envelopes');
  const envelopes = messages.map(parseEnvelope).filter((envelope) => envelope !== undefined);
  return envelopes.length === messages.length ? { type: 'deliver', envelopes } : invalid('an envelope is malformed');
};

const withTime = (type: 'authenticated' | 'accepted', serverTimeMs: bigint): ReceivedBody => {
  const serverTime = parseUnixMs(serverTimeMs);
  return serverTime === undefined ? invalid('server time out of range') : { type, serverTime };
};

const parseNotice = (kind: NoticeKind): ReceivedBody => {
  const topic = NOTICE_TOPICS.find((known) => NOTICE_KINDS[known] === kind);
  return topic === undefined ? { type: 'unknown' } : { type: 'notice', topic };
};

/**
 * Decodes and checks a server's frame (SPEC §6.2). Never throws.
 *
 * @param bytes - one binary WebSocket message; the server is not trusted, so every field is checked
 */
export const decodeServerFrame = (bytes: Uint8Array): ReceivedServerFrame => {
  if (bytes.length > LIMITS.frameBytes) return { requestId: 0, body: invalid('frame too large') };
  let message;
  try {
    message = fromBinary(ServerFrameSchema, bytes, { readUnknownFields: false });
  } catch {
    return { requestId: 0, body: invalid('not a server frame') };
  }
  const { requestId, body } = message;
  switch (body.case) {
    case 'authenticated':
    case 'accepted':
      return { requestId, body: withTime(body.case, body.value.serverTimeMs) };
    case 'mismatchedDevices':
      return { requestId, body: parseMismatch(body.value) };
    case 'failure':
      return { requestId, body: parseFailure(body.value) };
    case 'deliver':
      return { requestId, body: parseDeliver(body.value.envelopes) };
    case 'mailboxEmpty':
      return { requestId, body: { type: 'mailboxEmpty', expired: body.value.expired } };
    case 'acknowledged':
      return { requestId, body: { type: 'acknowledged' } };
    case 'moving':
      return { requestId, body: { type: 'moving', reconnectAfterMs: body.value.reconnectAfterMs } };
    case 'notice':
      return { requestId, body: parseNotice(body.value.kind) };
    case undefined:
      return { requestId, body: { type: 'unknown' } };
  }
};
