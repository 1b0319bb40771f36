import { randomUUID } from 'node:crypto';
import {
  BridgeError,
  MessageIdValue,
  type AppView,
  type ChatView,
  type CoreApi,
  type MessageView,
} from '../bridge/index.js';
import {
  account,
  changePassword,
  confirmEmail,
  deleteAccount,
  earlierPassword,
  email,
  erase,
  exportAccount,
  linkingLock,
  resetPassword,
  secondFactor,
} from './account-commands.js';
import type { CommandName } from './arguments.js';
import { secondFactorOf, type Command, type CommandContext } from './command.js';
import { chatLine, deviceLine, messageLine, pendingLine, type Output } from './output.js';
import { join, link } from './link-commands.js';
import { backup, recover, recoveryKey, restore, veto } from './recovery-commands.js';
import { readAll, readSecret } from './secret-input.js';

type ChatId = ChatView['chatId'];
type MessageId = MessageView['messageId'];

const newMessageId = (): MessageId => MessageIdValue.parse(randomUUID());

const findChat = async (core: CoreApi, name: string): Promise<ChatView> => {
  const chats = await core.call('listChats', {});
  const chat = chats.find(({ username }) => username.toLowerCase() === name.toLowerCase());
  if (chat === undefined) throw new BridgeError('chatNotFound');
  return chat;
};

const showApp = (output: Output, app: AppView): void => {
  output.show(app, () =>
    app.phase === 'ready'
      ? `${app.account.username} on ${app.account.server}: ${app.connection.state}` +
        (app.setAside === 0 ? '' : `; ${String(app.setAside)} messages could not be opened and are kept`)
      : app.phase,
  );
};

const password = (context: CommandContext, question: string): Promise<string> =>
  readSecret(context.terminal, { file: context.options.passwordFile, option: '--password-file', question });

const register: Command = async (context) => {
  const { core, options, output } = context;
  const app = await core.call('register', {
    address: options.server ?? '',
    username: options.username ?? '',
    password: await password(context, 'New password: '),
    ...(options.email === undefined ? {} : { email: options.email }),
    ...(options.inviteCode === undefined ? {} : { inviteCode: options.inviteCode }),
  });
  showApp(output, app);
};

const signIn: Command = async (context) => {
  const proof = { password: await password(context, 'Password: '), ...secondFactorOf(context) };
  showApp(context.output, await context.core.call('signIn', proof));
};

const signOut: Command = async ({ core, output }) => {
  showApp(output, await core.call('signOut', {}));
};

const status: Command = async ({ core, output }) => {
  showApp(output, await core.call('getApp', {}));
};

const chats: Command = async ({ core, output }) => {
  for (const chat of await core.call('listChats', {})) output.show(chat, () => chatLine(chat));
};

const isSettled = ({ delivery }: MessageView): boolean => delivery !== undefined && delivery.state !== 'waiting';

/** Resolves with the message once the server has it or has refused it. */
const waitUntilSettled = (core: CoreApi, chatId: ChatId, messageId: MessageId): Promise<MessageView> =>
  new Promise((resolve) => {
    const end = core.subscribe((event) => {
      if (event.type !== 'messages' || event.chatId !== chatId) return;
      const message = event.messages.find((candidate) => candidate.messageId === messageId);
      if (message === undefined || !isSettled(message)) return;
      end();
      resolve(message);
    });
  });

const send: Command = async ({ core, operands: [name = '', typed = ''], options, output, terminal, ended }) => {
  const chat = await core.call('startChat', { username: name });
  const text = typed === '-' ? await readAll(terminal.input) : typed;
  const messageId = newMessageId();
  const settled = waitUntilSettled(core, chat.chatId, messageId);
  const stored = await core.call('sendText', { chatId: chat.chatId, messageId, text });
  // Giving up the wait loses nothing: the message is stored and goes out at the next start.
  const shown = options.noWait || isSettled(stored) ? stored : await Promise.race([settled, ended.then(() => stored)]);
  output.show(shown, () => messageLine(shown, chat.username));
};

const read: Command = async ({ core, operands: [name = ''], options, output }) => {
  const chat = await findChat(core, name);
  const { messages } = await core.call('listMessages', { chatId: chat.chatId, limit: options.limit });
  for (const message of messages.toReversed()) output.show(message, () => messageLine(message, chat.username));
  const latest = messages[0];
  if (latest !== undefined) await core.call('markRead', { chatId: chat.chatId, upTo: latest.messageId });
};

const follow: Command = async ({ core, output, ended }) => {
  const names = new Map<ChatId, string>();
  for (const chat of await core.call('listChats', {})) names.set(chat.chatId, chat.username);
  const end = core.subscribe((event) => {
    switch (event.type) {
      case 'app':
        showApp(output, event.app);
        return;
      case 'chat':
        names.set(event.chat.chatId, event.chat.username);
        return;
      case 'messages':
        for (const message of event.messages) {
          output.show(message, () => messageLine(message, names.get(event.chatId) ?? event.chatId));
        }
        return;
      // Links show codes and digits, which belong to the command that asked for them.
      case 'linkOffer':
      case 'join':
      case 'history':
      case 'removed':
      case 'recoveryKit':
      case 'recovery':
        return;
      case 'pendingRecoveries':
        for (const pending of event.pendingRecoveries) output.show(pending, () => pendingLine(pending));
        return;
      case 'devices':
        for (const device of event.devices.devices.filter(
          ({ deviceId }) => event.appeared?.includes(deviceId) === true,
        )) {
          output.show(device, () => `A new device of this account: ${deviceLine(device)}`);
        }
    }
  });
  await ended;
  end();
};

const accept: Command = async ({ core, operands: [name = ''], output }) => {
  const chat = await core.call('acceptChat', { chatId: (await findChat(core, name)).chatId });
  output.show(chat, () => chatLine(chat));
};

const safetyNumber: Command = async ({ core, operands: [name = ''], output }) => {
  const number = await core.call('safetyNumber', { chatId: (await findChat(core, name)).chatId });
  output.show(number, () => [0, 4, 8].map((from) => number.groups.slice(from, from + 4).join(' ')).join('\n'));
};

const passphrase: Command = async ({ core, options, output, terminal }) => {
  const next = await readSecret(terminal, {
    file: options.passwordFile,
    option: '--password-file',
    question: 'New passphrase: ',
  });
  const current =
    options.passphraseFile === undefined
      ? undefined
      : await readSecret(terminal, { file: options.passphraseFile, option: '--passphrase-file', question: '' });
  await core.call('setPassphrase', { next, ...(current === undefined ? {} : { current }) });
  output.show({ passphrase: 'set' }, () => 'The profile asks for its passphrase from now on.');
};

const devices: Command = async ({ core, output }) => {
  const view = await core.call('listDevices', {});
  for (const device of view.devices) output.show(device, () => deviceLine(device));
};

const unlink: Command = async (context) => {
  const { core, operands, output } = context;
  const [typed = ''] = operands;
  const { devices: all } = await core.call('listDevices', {});
  const [device, ...more] = all.filter(
    ({ deviceId, name }) => deviceId.startsWith(typed.toLowerCase()) || name === typed,
  );
  if (device === undefined || more.length > 0) throw new BridgeError('deviceNotFound');
  const view = await core.call('unlinkDevice', {
    deviceId: device.deviceId,
    password: await password(context, 'Password: '),
    ...secondFactorOf(context),
  });
  for (const left of view.devices) output.show(left, () => deviceLine(left));
};

/** Every command that works on a core. `help` and `daemon` are the program's own. */
export const CORE_COMMANDS: Record<Exclude<CommandName, 'help' | 'daemon'>, Command> = {
  register,
  'sign-in': signIn,
  'sign-out': signOut,
  status,
  chats,
  send,
  read,
  follow,
  accept,
  'safety-number': safetyNumber,
  devices,
  link,
  join,
  unlink,
  passphrase,
  backup,
  restore,
  'recovery-key': recoveryKey,
  recover,
  veto,
  account,
  email,
  'confirm-email': confirmEmail,
  'change-password': changePassword,
  'earlier-password': earlierPassword,
  'reset-password': resetPassword,
  'second-factor': secondFactor,
  'linking-lock': linkingLock,
  'export-account': exportAccount,
  'delete-account': deleteAccount,
  erase,
};
