import { parseArgs } from 'node:util';

/** What a person typed, as far as it can be understood without a core. */
export interface CommandLine {
  readonly command: CommandName;
  readonly operands: readonly string[];
  readonly options: Options;
}

export interface Options {
  readonly profile: string;
  /** Folder that holds all profiles; absent: the platform's usual place. */
  readonly data: string | undefined;
  readonly server: string | undefined;
  readonly email: string | undefined;
  readonly inviteCode: string | undefined;
  /** Six digits of the authenticator, or a backup code. */
  readonly secondFactor: string | undefined;
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
  readonly newPasswordFile: string | undefined;
  /** The password before one that was reset. */
  readonly earlierPasswordFile: string | undefined;
  readonly passphraseFile: string | undefined;
  /** Recovery key, or the groups of it that were asked for. */
  readonly keyFile: string | undefined;
  /** Linking code that another device shows, or a code from a mail or an authenticator. */
  readonly codeFile: string | undefined;
  /** Digits that the new device shows. */
  readonly digitsFile: string | undefined;
  /** What this device is called on the account's other devices. */
  readonly deviceName: string;
  readonly socket: string | undefined;
  readonly stdio: boolean;
  readonly limit: number;
  readonly json: boolean;
  readonly noWait: boolean;
}

interface CommandShape {
  readonly operands: string;
  readonly summary: string;
}

/** Every command with its operands in the notation of the help text. */
export const COMMANDS = {
  register: { operands: '', summary: 'make an account: --server, --username, password by prompt or --password-file' },
  'sign-in': { operands: '', summary: 'sign this device in again' },
  'sign-out': { operands: '', summary: 'end this device’s session; messages stay' },
  status: { operands: '', summary: 'account, server and connection' },
  chats: { operands: '', summary: 'list chats, newest first' },
  send: { operands: 'NAME TEXT', summary: 'send a text and wait until the server has it (TEXT "-": standard input)' },
  read: { operands: 'NAME', summary: 'show the latest messages of a chat and mark them read' },
  follow: { operands: '', summary: 'print what happens as it happens, until Ctrl-C' },
  accept: { operands: 'NAME', summary: 'accept a request to chat' },
  'safety-number': { operands: 'NAME', summary: 'the digits to compare with a person' },
  devices: { operands: '', summary: 'list the devices of the account, this one first' },
  link: { operands: '', summary: 'link another device: shows a code to type there, asks for its digits' },
  join: { operands: '', summary: 'make this profile a device of an account: --server, code by prompt or --code-file' },
  unlink: { operands: 'DEVICE', summary: 'take a device off the account: its name or the beginning of its id' },
  account: { operands: '', summary: 'the account as the server knows it' },
  email: {
    operands: 'ADDRESS',
    summary: 'set another address and enter the code that is mailed there ("": none any more)',
  },
  'confirm-email': { operands: '', summary: 'enter a code that was mailed before' },
  'change-password': { operands: '', summary: 'set another password; other devices ask for it' },
  'earlier-password': { operands: '', summary: 'after a reset: open the keys of this device by the password before' },
  'reset-password': { operands: '', summary: 'set a password by a mailed code: --server, --username' },
  'second-factor': { operands: 'ACTION', summary: 'on, off, or codes for new backup codes' },
  'linking-lock': { operands: 'ACTION', summary: 'on: no device can be linked; off: with the password' },
  'export-account': { operands: 'FILE', summary: 'write what the server has of the account' },
  'delete-account': { operands: '', summary: 'delete the account for good: --username' },
  erase: { operands: '', summary: 'erase this profile, not the account: --username' },
  passphrase: { operands: '', summary: 'put this profile under a passphrase, or change it' },
  'recovery-key': { operands: '', summary: 'show the recovery key until its groups are typed from the paper' },
  recover: { operands: '', summary: 'take an account back by its recovery key: --server, --key-file, new password' },
  veto: { operands: '', summary: 'object to a recovery or a new recovery key that waits for the account' },
  backup: { operands: 'FILE', summary: 'write an encrypted backup, opened by a passphrase or the recovery key' },
  restore: { operands: 'FILE', summary: 'add what a backup holds; --key-file opens it by the recovery key' },
  daemon: { operands: '', summary: 'JSON-RPC 2.0, a message a line, on a local socket or with --stdio' },
  help: { operands: '', summary: 'this text' },
} as const satisfies Record<string, CommandShape>;

export type CommandName = keyof typeof COMMANDS;

export type ParsedCommandLine =
  { readonly ok: true; readonly commandLine: CommandLine } | { readonly ok: false; readonly reason: string };

const LIMIT_DEFAULT = 20;
const LIMIT_MOST = 200;
const PROFILE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

const isCommand = (value: string): value is CommandName => Object.hasOwn(COMMANDS, value);

const operandCount = (command: CommandName): number =>
  COMMANDS[command].operands.split(' ').filter((word) => word !== '').length;

const refuse = (reason: string): ParsedCommandLine => ({ ok: false, reason });

const parseOptions = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      profile: { type: 'string', default: 'default' },
      data: { type: 'string' },
      server: { type: 'string' },
      username: { type: 'string' },
      email: { type: 'string' },
      'invite-code': { type: 'string' },
      'second-factor': { type: 'string' },
      'password-file': { type: 'string' },
      'new-password-file': { type: 'string' },
      'earlier-password-file': { type: 'string' },
      'passphrase-file': { type: 'string' },
      'key-file': { type: 'string' },
      'code-file': { type: 'string' },
      'digits-file': { type: 'string' },
      'device-name': { type: 'string', default: 'Sotto, command line' },
      socket: { type: 'string' },
      stdio: { type: 'boolean', default: false },
      limit: { type: 'string', default: String(LIMIT_DEFAULT) },
      json: { type: 'boolean', default: false },
      'no-wait': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });

const tryParseOptions = (args: readonly string[]): ReturnType<typeof parseOptions> | string => {
  try {
    return parseOptions(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** Reads `sotto …` arguments; a refusal says what is wrong in a line. */
export const parseCommandLine = (args: readonly string[]): ParsedCommandLine => {
  const parsed = tryParseOptions(args);
  if (typeof parsed === 'string') return refuse(parsed);
  const { values, positionals } = parsed;
  const [name = 'help', ...operands] = values.help ? ['help'] : positionals;
  if (!isCommand(name)) return refuse(`There is no command "${name}".`);
  if (operands.length !== operandCount(name)) {
    return refuse(`Usage: sotto ${name} ${COMMANDS[name].operands}`.trimEnd());
  }
  if (!PROFILE.test(values.profile)) {
    return refuse('A profile name has 1 to 32 Latin letters, digits, "-" or "_", a letter or digit first.');
  }
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MOST) {
    return refuse(`--limit takes a whole number from 1 to ${String(LIMIT_MOST)}.`);
  }
  return {
    ok: true,
    commandLine: {
      command: name,
      operands,
      options: {
        profile: values.profile,
        data: values.data,
        server: values.server,
        email: values.email,
        inviteCode: values['invite-code'],
        secondFactor: values['second-factor'],
        username: values.username,
        passwordFile: values['password-file'],
        newPasswordFile: values['new-password-file'],
        earlierPasswordFile: values['earlier-password-file'],
        passphraseFile: values['passphrase-file'],
        keyFile: values['key-file'],
        codeFile: values['code-file'],
        digitsFile: values['digits-file'],
        deviceName: values['device-name'],
        socket: values.socket,
        stdio: values.stdio,
        limit,
        json: values.json,
        noWait: values['no-wait'],
      },
    },
  };
};

/** The help text. */
export const helpText = (): string => {
  const commands = Object.entries(COMMANDS).map(
    ([name, { operands, summary }]) => `  ${`${name} ${operands}`.trimEnd().padEnd(22)}${summary}`,
  );
  return [
    'sotto — private messages from the command line',
    '',
    'Usage: sotto COMMAND [OPTIONS]',
    '',
    ...commands,
    '',
    'Options:',
    '  --profile NAME          which account of this computer (default: default)',
    '  --data DIR              folder that holds the profiles',
    '  --server ADDRESS        server for a new account',
    '  --username NAME, --email ADDRESS (join: the one account to join without being asked)',
    '  --invite-code CODE      register: the code that the host has given you',
    '  --second-factor CODE    the present code of your authenticator, or a backup code',
    '  --password-file FILE    read the password from FILE ("-": standard input)',
    '  --new-password-file FILE, --earlier-password-file FILE  the same for another password',
    '  --passphrase-file FILE  read the passphrase of the profile from FILE',
    '  --key-file FILE         read the recovery key from FILE',
    '  --code-file FILE        read the linking code, or the code from a mail or authenticator, from FILE',
    '  --digits-file FILE      link: read the digits of the new device from FILE',
    '  --device-name NAME      join, recover: what this device is called',
    '  --limit N               messages to show (default 20, at most 200)',
    '  --json                  one JSON object a line',
    '  --no-wait               return when the message is stored here, not when the server has it',
    '  --socket PATH           where the daemon listens (default: in the profile)',
    '  --stdio                 daemon: speak on standard input and output',
    '',
    'Exit codes: 0 done, 1 refused (the code is printed), 2 wrong usage.',
    '',
  ].join('\n');
};
