import { parseArgs } from 'node:util';
import { ConfigurationError, readConfig, type Settings } from '../config/config.js';
import type { Clock } from '../domain/clock.js';
import { createLog } from '../log.js';
import { openStorage } from '../storage/open-storage.js';
import type { Storage } from '../storage/storage.js';
import { UnusableDatabaseError } from '../storage/unusable-database-error.js';
import { disableAccount, enableAccount, removeAccount, resetSecondFactor, showAccount } from './accounts.js';
import { backUp, restore } from './backups.js';
import { UsageError, type AdminCommand } from './command.js';
import { doctor } from './doctor.js';
import { createInvite, listInvites, revokeInvite } from './invites.js';
import { exportRoot, showRoot } from './root.js';
import { showLimits, showStatistics } from './statistics.js';

const COMMANDS: Readonly<
  Record<string, { readonly run: AdminCommand; readonly usage: string; readonly does: string }>
> = {
  doctor: {
    run: doctor,
    usage: 'doctor',
    does: 'checks configuration, database, clock, storage, mail and certificate',
  },
  stats: { run: showStatistics, usage: 'stats', does: 'counts accounts, devices, waiting envelopes' },
  limits: { run: showLimits, usage: 'limits', does: 'shows the limits as they are set' },
  'invite create': { run: createInvite, usage: 'invite create [--uses N] [--days N]', does: 'makes an invite code' },
  'invite list': { run: listInvites, usage: 'invite list', does: 'shows the invites that let somebody in' },
  'invite revoke': { run: revokeInvite, usage: 'invite revoke ID', does: 'ends an invite' },
  'account show': { run: showAccount, usage: 'account show NAME', does: 'shows what the server knows of an account' },
  'account disable': {
    run: disableAccount,
    usage: 'account disable NAME',
    does: 'closes an account and signs it out everywhere',
  },
  'account enable': { run: enableAccount, usage: 'account enable NAME', does: 'opens it again' },
  'account reset-second-factor': {
    run: resetSecondFactor,
    usage: 'account reset-second-factor NAME',
    does: 'switches the second factor off for somebody who has lost it',
  },
  'account delete': { run: removeAccount, usage: 'account delete NAME --yes', does: 'deletes an account for good' },
  backup: { run: backUp, usage: 'backup FOLDER', does: 'writes everything to a new folder, while the server runs' },
  restore: { run: restore, usage: 'restore FOLDER', does: 'takes a backup up in an empty database' },
  'root show': { run: showRoot, usage: 'root show', does: 'shows the fingerprint of the trust root' },
  'root export': { run: exportRoot, usage: 'root export FILE [--remove]', does: 'moves the trust root offline' },
};

const USAGE = `Usage: sotto-admin COMMAND [--json]

${Object.values(COMMANDS)
  .map(({ usage, does }) => `  ${usage.padEnd(40)} ${does}`)
  .join('\n')}

It reads the same settings as the server (environment, .env) and works beside one that runs.
`;

const OPTIONS = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  uses: { type: 'string' },
  days: { type: 'string' },
  yes: { type: 'boolean', default: false },
  remove: { type: 'boolean', default: false },
} as const;

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`These options cannot be read: ${(error as Error).message}`, { cause: error });
  }
};

/** `invite create` before `invite`: the longest name that the words begin with. */
const commandOf = (words: readonly string[]) => {
  for (const length of [2, 1]) {
    const command = COMMANDS[words.slice(0, length).join(' ')];
    if (command !== undefined) return { command, words: words.slice(length) };
  }
  throw new UsageError(words.length === 0 ? 'Name a command.' : 'There is no such command.');
};

export interface AdminGround {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

const work = async (args: readonly string[], { settings, clock, out }: AdminGround): Promise<number> => {
  const { values, positionals } = parse(args);
  if (values.help) {
    out(USAGE);
    return 0;
  }
  const { command, words } = commandOf(positionals);
  const config = readConfig(settings);
  let storage: Storage | undefined;
  try {
    return await command.run(
      {
        config,
        clock,
        log: createLog('warn', { write: () => undefined }),
        storage: async () => (storage ??= await openStorage(config.databaseUrl)),
        say: (line) => {
          if (!values.json) out(`${line}\n`);
        },
        answer: (value) => {
          if (values.json) out(`${JSON.stringify(value)}\n`);
        },
      },
      { words, options: values },
    );
  } finally {
    await storage?.close();
  }
};

/** Runs one command; resolves with the exit code: 0 done, 1 failed, 2 not understood. */
export const runAdmin = async (args: readonly string[], ground: AdminGround): Promise<number> => {
  try {
    return await work(args, ground);
  } catch (error) {
    if (error instanceof UsageError) {
      ground.error(`sotto-admin: ${error.message}\nsotto-admin --help shows the commands.\n`);
      return 2;
    }
    if (error instanceof ConfigurationError || error instanceof UnusableDatabaseError) {
      ground.error(`sotto-admin: ${error.message}\n`);
      return 1;
    }
    throw error;
  }
};
