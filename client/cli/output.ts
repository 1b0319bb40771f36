import type { Writable } from 'node:stream';
import type { ChatView, DeviceView, MessageView, PendingRecoveryView } from '../bridge/index.js';
import { terminalText } from './terminal-text.js';

/** Prints for people, or one JSON object a line for programs. */
export interface Output {
  /** `human` is only computed when it is shown. */
  show(value: object, human: () => string): void;
}

export const createOutput = (stream: Writable, json: boolean): Output => ({
  show: (value, human) => {
    stream.write(`${json ? JSON.stringify(value) : human()}\n`);
  },
});

const MARKS = { waiting: '…', sent: '✓', delivered: '✓✓', read: '✓✓ read', failed: '! not sent' } as const;

const bodyLine = (message: MessageView): string =>
  message.body.kind === 'text' ? terminalText(message.body.text) : '(made by a newer version of Sotto)';

/** One message as a line: time, author, text, state. */
export const messageLine = (message: MessageView, peer: string): string => {
  const time = new Date(message.sentAt).toISOString().replace('T', ' ').slice(0, 19);
  const author = message.author === 'self' ? 'me' : peer;
  const state = message.delivery === undefined ? '' : `  ${MARKS[message.delivery.state]}`;
  return `${time}  ${author}: ${bodyLine(message)}${state}`;
};

/** One chat as a line: name, unread count, last text. */
export const chatLine = (chat: ChatView): string => {
  const unread = chat.unread === 0 ? '' : ` (${String(chat.unread)} unread)`;
  const request = chat.standing === 'request' ? ' [wants to chat: sotto accept]' : '';
  const last = chat.lastMessage === undefined ? '' : `: ${bodyLine(chat.lastMessage).replaceAll('\n', ' ')}`;
  return `${chat.username}${unread}${request}${last}`;
};

/** One device as a line: the beginning of its id, name, what is worth knowing. */
export const deviceLine = (device: DeviceView): string => {
  const name = device.name === '' ? '(no name yet)' : terminalText(device.name).replaceAll('\n', ' ');
  const linked = new Date(device.linkedAt).toISOString().slice(0, 10);
  const facts = [
    `linked ${linked}`,
    ...(device.lastSeenAt === undefined ? [] : [`last seen ${new Date(device.lastSeenAt).toISOString().slice(0, 10)}`]),
    ...(device.own ? ['this device'] : []),
    ...(device.unacknowledged ? ['NEW: is it yours?'] : []),
  ];
  return `${device.deviceId}  ${name}  ${facts.join(', ')}`;
};

/** What waits to change the account, as a line. */
export const pendingLine = ({ kind, until, canVeto }: PendingRecoveryView): string => {
  const what =
    kind === 'recovery'
      ? 'Somebody with the recovery key is taking this account over'
      : 'A device of this account is putting it under a new recovery key';
  const objection = canVeto ? 'Object with: sotto veto' : 'They have shown the password too: no device can object.';
  return `${what}, on ${new Date(until).toISOString()}. ${objection}`;
};
