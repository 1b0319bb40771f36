import { homedir } from 'node:os';
import { join } from 'node:path';
import { BridgeError, serveRpc, type CoreApi } from '../bridge/index.js';
import { helpText, parseCommandLine, type CommandLine, type Options } from './arguments.js';
import { CommandRefusal } from './command.js';
import { CORE_COMMANDS } from './commands.js';
import { attachToDaemon, defaultSocketPath, listenOnSocket } from './daemon-socket.js';
import { failureWords } from './failure-words.js';
import { lineChannel } from './line-channel.js';
import { createOutput } from './output.js';
import { NoSecretError, readSecret, type Terminal } from './secret-input.js';

/** A core of this process's own. It holds the profile until it has stopped. */
export interface OpenedCore {
  readonly core: CoreApi;
  stop(): Promise<void>;
}

/** What the program is made of; the process hands in the real things. */
export interface ProgramParts {
  readonly terminal: Terminal;
  /** Opens the profile in this folder. Throws a `BridgeError`, `profileInUse` above all. */
  readonly openCore: (profileFolder: string) => Promise<OpenedCore>;
  /** Resolves when the person has had enough (Ctrl-C). */
  readonly ended: Promise<void>;
}

const EXIT = { done: 0, refused: 1, usage: 2 } as const;

const profileFolderOf = ({ data, profile }: Options): string =>
  join(data ?? join(homedir(), '.sotto', 'profiles'), profile);

const unlockIfNeeded = async (core: CoreApi, { options }: CommandLine, terminal: Terminal): Promise<void> => {
  const app = await core.call('getApp', {});
  if (app.phase !== 'locked') return;
  const passphrase = await readSecret(terminal, {
    file: options.passphraseFile,
    option: '--passphrase-file',
    question: 'Passphrase of this profile: ',
  });
  await core.call('unlock', { passphrase });
};

const runDaemon = async (opened: OpenedCore, { options }: CommandLine, parts: ProgramParts): Promise<void> => {
  const { terminal } = parts;
  const onFault = (fault: unknown): void => {
    terminal.errorOutput.write(`fault: ${fault instanceof Error ? fault.name : typeof fault}\n`);
  };
  if (options.stdio) {
    const channel = lineChannel(terminal.input, terminal.output);
    serveRpc(opened.core, channel, { onFault });
    const closed = new Promise<void>((resolve) => {
      channel.closed(resolve);
    });
    await Promise.race([closed, parts.ended]);
    return;
  }
  const path = options.socket ?? defaultSocketPath(profileFolderOf(options));
  const daemon = await listenOnSocket(opened.core, path, { onFault });
  createOutput(terminal.output, options.json).show({ listening: path }, () => `Listening on ${path}. Ctrl-C stops.`);
  await parts.ended;
  await daemon.stop();
};

const runCoreCommand = async (core: CoreApi, commandLine: CommandLine, parts: ProgramParts): Promise<void> => {
  const { command, operands, options } = commandLine;
  if (command === 'help' || command === 'daemon') return;
  await unlockIfNeeded(core, commandLine, parts.terminal);
  await CORE_COMMANDS[command]({
    core,
    operands,
    options,
    output: createOutput(parts.terminal.output, options.json),
    terminal: parts.terminal,
    ended: parts.ended,
  });
};

/** Through the daemon of the profile where one runs, else with a core of our own. */
const runCommand = async (commandLine: CommandLine, parts: ProgramParts): Promise<void> => {
  const profileFolder = profileFolderOf(commandLine.options);
  const isDaemon = commandLine.command === 'daemon';
  const attached = isDaemon
    ? undefined
    : await attachToDaemon(commandLine.options.socket ?? defaultSocketPath(profileFolder));
  if (attached !== undefined) {
    try {
      await runCoreCommand(attached.core, commandLine, parts);
    } finally {
      attached.close();
    }
    return;
  }
  const opened = await parts.openCore(profileFolder);
  try {
    if (isDaemon) {
      // With --stdio the caller unlocks by a call, since standard input is the channel.
      if (!commandLine.options.stdio) await unlockIfNeeded(opened.core, commandLine, parts.terminal);
      await runDaemon(opened, commandLine, parts);
    } else await runCoreCommand(opened.core, commandLine, parts);
  } finally {
    await opened.stop();
  }
};

const refusalLine = (error: BridgeError | CommandRefusal, json: boolean): string => {
  if (error instanceof CommandRefusal) return json ? JSON.stringify({ error: { code: error.code } }) : error.message;
  return json ? JSON.stringify({ error: error.failure }) : failureWords(error.failure);
};

/** Runs one command line; resolves with the exit code. Refusals are words on the error output; faults throw. */
export const runProgram = async (args: readonly string[], parts: ProgramParts): Promise<number> => {
  const { errorOutput, output } = parts.terminal;
  const parsed = parseCommandLine(args);
  if (!parsed.ok) {
    errorOutput.write(`${parsed.reason}\nsotto help lists the commands.\n`);
    return EXIT.usage;
  }
  if (parsed.commandLine.command === 'help') {
    output.write(helpText());
    return EXIT.done;
  }
  try {
    await runCommand(parsed.commandLine, parts);
    return EXIT.done;
  } catch (error) {
    if (error instanceof BridgeError || error instanceof CommandRefusal) {
      errorOutput.write(`${refusalLine(error, parsed.commandLine.options.json)}\n`);
      return EXIT.refused;
    }
    if (error instanceof NoSecretError) {
      errorOutput.write(`${error.message}\n`);
      return EXIT.usage;
    }
    throw error;
  }
};
