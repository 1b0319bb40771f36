import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { ClientFrameSchema, type DeviceEnvelope as DeviceEnvelopeMessage, type Send } from '../gen/wire/wire_pb.js';
import {
  accountIdFromBytes,
  deviceIdFromBytes,
  envelopeIdFromBytes,
  idBytes,
  type AccountId,
  type EnvelopeId,
} from '../ids.js';
import type { Bytes, DeviceEnvelope } from './envelope.js';
import { LIMITS } from './limits.js';

export interface AuthenticateFrame {
  readonly type: 'authenticate';
  readonly accessToken: string;
}

/** All envelopes are stored, one a device of the recipient, or none. */
export interface SendFrame {
  readonly type: 'send';
  readonly recipient: AccountId;
  /** On the anonymous socket: the recipient's access key. */
  readonly accessKey: Bytes | undefined;
  readonly envelopes: readonly DeviceEnvelope[];
}

export interface AcknowledgeFrame {
  readonly type: 'acknowledge';
  readonly envelopeIds: readonly EnvelopeId[];
}

export type ClientFrameBody = AuthenticateFrame | SendFrame | AcknowledgeFrame;

/** `requestId` is echoed in the answer; 0 asks for none. */
export interface ClientFrame {
  readonly requestId: number;
  readonly body: ClientFrameBody;
}

/** A frame as received: `invalid` names what is wrong in words for the sender's developer, never the bytes. */
export interface ReceivedClientFrame {
  readonly requestId: number;
  readonly body: ClientFrameBody | { readonly type: 'invalid'; readonly reason: string };
}

const ACCESS_KEY_LENGTH = 16;
const REGISTRATION_ID_MOST = 0x3fff;

const bodyInit = (body: ClientFrameBody): NonNullable<MessageInitShape<typeof ClientFrameSchema>['body']> => {
  switch (body.type) {
    case 'authenticate':
      return { case: 'authenticate', value: { accessToken: body.accessToken } };
    case 'send':
      return {
        case: 'send',
        value: {
          recipientAccount: idBytes(body.recipient),
          accessKey: body.accessKey ?? new Uint8Array(),
          envelopes: body.envelopes.map((envelope) => ({
            device: idBytes(envelope.deviceId),
            registrationId: envelope.registrationId,
            envelopeId: idBytes(envelope.envelopeId),
            ciphertext: envelope.ciphertext,
          })),
        },
      };
    case 'acknowledge':
      return { case: 'acknowledge', value: { envelopeIds: body.envelopeIds.map(idBytes) } };
  }
};

/** Encodes a client's frame (SPEC §6.1). */
export const encodeClientFrame = (frame: ClientFrame): Bytes =>
  toBinary(ClientFrameSchema, create(ClientFrameSchema, { requestId: frame.requestId, body: bodyInit(frame.body) }));

const parseEnvelope = (message: DeviceEnvelopeMessage): DeviceEnvelope | undefined => {
  const deviceId = deviceIdFromBytes(message.device);
  const envelopeId = envelopeIdFromBytes(message.envelopeId);
  if (deviceId === undefined || envelopeId === undefined) return undefined;
  if (message.registrationId < 1 || message.registrationId > REGISTRATION_ID_MOST) return undefined;
  if (message.ciphertext.length === 0 || message.ciphertext.length > LIMITS.envelopeBytes) return undefined;
  return {
    deviceId,
    registrationId: message.registrationId,
    envelopeId,
    ciphertext: message.ciphertext,
  };
};

const invalid = (reason: string) => ({ type: 'invalid', reason }) as const;

const parseSend = (message: Send): ReceivedClientFrame['body'] => {
  const recipient = accountIdFromBytes(message.recipientAccount);
  if (recipient === undefined) return invalid('recipient_account is not an account id');
  if (message.accessKey.length !== 0 && message.accessKey.length !== ACCESS_KEY_LENGTH) {
    return invalid('access_key must be empty or 16 bytes');
  }
  if (message.envelopes.length === 0 || message.envelopes.length > LIMITS.envelopesPerSend) {
    return invalid(`envelopes must be 1 to ${String(LIMITS.envelopesPerSend)}`);
  }
  const envelopes: DeviceEnvelope[] = [];
  const devices = new Set<string>();
  for (const received of message.envelopes) {
    const envelope = parseEnvelope(received);
    if (envelope === undefined) return invalid('an envelope has a wrong device, registration id, id or size');
    // Two envelopes for one device in one request: one of them would hide a missing device behind the right count.
    if (devices.has(envelope.deviceId)) return invalid('a device is named twice');
    devices.add(envelope.deviceId);
    envelopes.push(envelope);
  }
  return {
    type: 'send',
    recipient,
    accessKey: message.accessKey.length === 0 ? undefined : new Uint8Array(message.accessKey),
    envelopes,
  };
};

const parseAcknowledge = (ids: readonly Uint8Array[]): ReceivedClientFrame['body'] => {
  if (ids.length === 0 || ids.length > LIMITS.acknowledgementsPerFrame) {
    return invalid(`envelope_ids must be 1 to ${String(LIMITS.acknowledgementsPerFrame)}`);
  }
  const envelopeIds: EnvelopeId[] = [];
  for (const bytes of ids) {
    const id = envelopeIdFromBytes(bytes);
    if (id === undefined) return invalid('an envelope id is not 16 bytes');
    envelopeIds.push(id);
  }
  return { type: 'acknowledge', envelopeIds };
};

/**
 * Decodes and checks a client's frame (SPEC §6.1). Never throws: what cannot be read is `invalid`, with request id 0 where
 * not even that could be read.
 *
 * @param bytes - one binary WebSocket message, at most `LIMITS.frameBytes`
 */
export const decodeClientFrame = (bytes: Uint8Array): ReceivedClientFrame => {
  if (bytes.length > LIMITS.frameBytes) return { requestId: 0, body: invalid('frame too large') };
  let message;
  try {
    message = fromBinary(ClientFrameSchema, bytes, { readUnknownFields: false });
  } catch {
    return { requestId: 0, body: invalid('not a client frame') };
  }
  const { requestId, body } = message;
  switch (body.case) {
    case 'authenticate':
      return body.value.accessToken.length === 0 || body.value.accessToken.length > LIMITS.accessTokenLength
        ? { requestId, body: invalid('access_token is empty or too long') }
        : { requestId, body: { type: 'authenticate', accessToken: body.value.accessToken } };
    case 'send':
      return { requestId, body: parseSend(body.value) };
    case 'acknowledge':
      return { requestId, body: parseAcknowledge(body.value.envelopeIds) };
    case undefined:
      return { requestId, body: invalid('the frame has no body that this server knows') };
  }
};
