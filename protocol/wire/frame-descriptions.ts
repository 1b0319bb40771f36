import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ClientFrameSchema, ServerFrameSchema } from '../gen/wire/wire_pb.js';
import type { ClientFrameBody } from './client-frame.js';
import type { ServerFrameBody } from './server-frame.js';

type SocketName = 'authenticated' | 'anonymous';

interface FrameRules {
  readonly summary: string;
  readonly sockets: readonly SocketName[];
}

interface RequestRules extends FrameRules {
  /** `none`: it is what authenticates. `device`: only after that. `accessKey`: what it carries must open the recipient's mailbox. */
  readonly access: 'none' | 'device' | 'deviceOrAccessKey';
  /** What counts it, by the names of the server’s table of limits. */
  readonly limits: readonly string[];
  readonly answer: ServerFrameBody['type'];
}

/** What a client may send: a frame without a description does not compile. */
const REQUESTS: Readonly<Record<ClientFrameBody['type'], RequestRules>> = {
  authenticate: {
    summary: 'The first frame, within 10 seconds; delivery begins with its answer',
    sockets: ['authenticated'],
    access: 'none',
    limits: ['connect', 'frames'],
    answer: 'authenticated',
  },
  send: {
    summary: 'One envelope for every device of one account: all of them are stored, or none',
    sockets: ['authenticated', 'anonymous'],
    access: 'deviceOrAccessKey',
    limits: ['frames', 'send', 'sendBytes'],
    answer: 'accepted',
  },
  acknowledge: {
    summary: 'Deletes from the own mailbox what the device has stored durably',
    sockets: ['authenticated'],
    access: 'device',
    limits: ['frames'],
    answer: 'acknowledged',
  },
};

/** What the server may send. */
const ANSWERS: Readonly<Record<ServerFrameBody['type'], FrameRules>> = {
  authenticated: { summary: 'The socket is the device’s own now', sockets: ['authenticated'] },
  accepted: { summary: 'Every envelope has been committed', sockets: ['authenticated', 'anonymous'] },
  mismatchedDevices: {
    summary: 'Nothing was stored: the devices are others; a hint, never a list to encrypt to',
    sockets: ['authenticated', 'anonymous'],
  },
  failure: { summary: 'A refusal, in the error shape of REST', sockets: ['authenticated', 'anonymous'] },
  deliver: { summary: 'Envelopes from the own mailbox, until they are acknowledged', sockets: ['authenticated'] },
  mailboxEmpty: { summary: 'All that waited has been delivered', sockets: ['authenticated'] },
  acknowledged: { summary: 'What was named is deleted', sockets: ['authenticated'] },
  moving: { summary: 'The process is about to stop: connect again', sockets: ['authenticated', 'anonymous'] },
  notice: { summary: 'Something of the account has changed: look', sockets: ['authenticated'] },
};

/** One field of a frame, as protobuf has it. */
export interface FieldDescription {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
}

export interface FrameDescription extends FrameRules, Partial<Pick<RequestRules, 'access' | 'limits' | 'answer'>> {
  readonly name: string;
  readonly direction: 'toServer' | 'toClient';
  readonly fields: readonly FieldDescription[];
}

const typeOf = (field: DescField): string => {
  if (field.fieldKind === 'message') return field.message.name;
  if (field.fieldKind === 'enum') return field.enum.name;
  if (field.fieldKind !== 'list') return ScalarNames[field.scalar ?? 0] ?? 'unknown';
  if (field.listKind === 'message') return field.message.name;
  return field.listKind === 'enum' ? field.enum.name : (ScalarNames[field.scalar] ?? 'unknown');
};

/** Numbers of protobuf's scalar types (descriptor.proto). */
const ScalarNames: Readonly<Record<number, string>> = {
  4: 'uint64',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
};

const fieldsOf = (frame: DescMessage, name: string): FieldDescription[] => {
  const body = frame.fields.find(({ localName }) => localName === name);
  const fields = body?.fieldKind === 'message' ? body.message.fields : [];
  return fields.map((field) => ({
    name: field.name,
    number: field.number,
    type: typeOf(field),
    repeated: field.fieldKind === 'list',
  }));
};

/** Every frame of both sockets, from the schema and from what this module says of them. */
export const describeFrames = (): readonly FrameDescription[] => [
  ...Object.entries(REQUESTS).map(([name, rules]) => ({
    name,
    direction: 'toServer' as const,
    ...rules,
    fields: fieldsOf(ClientFrameSchema, name),
  })),
  ...Object.entries(ANSWERS).map(([name, rules]) => ({
    name,
    direction: 'toClient' as const,
    ...rules,
    fields: fieldsOf(ServerFrameSchema, name),
  })),
];
