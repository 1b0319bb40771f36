import { open } from 'node:fs/promises';
import type { CoreApi, ResultOf } from '../bridge/index.js';
import type { Command, CommandContext } from './command.js';
import { pendingLine, type Output } from './output.js';
import { readSecret } from './secret-input.js';

/** What goes over a bridge at one time; its base64 stays below the bridge's limit. */
const PIECE_BYTES = 512 * 1024;
const ASK_AGAIN_MS = 60_000;

type RecoveryView = ResultOf<'recovery'>;

const asked = ({ terminal, options }: CommandContext, question: string): Promise<string> =>
  readSecret(terminal, { file: options.passwordFile, option: '--password-file', question });

const keyOf = ({ terminal, options }: CommandContext): Promise<string> =>
  readSecret(terminal, { file: options.keyFile, option: '--key-file', question: 'Recovery key: ' });

const passphraseOf = ({ terminal, options }: CommandContext, question: string): Promise<string> =>
  readSecret(terminal, { file: options.passwordFile, option: '--password-file', question });

const copyOut = async (core: CoreApi, transfer: string, path: string): Promise<void> => {
  // Whoever names a file that is there may not have meant to lose it.
  const file = await open(path, 'wx', 0o600);
  try {
    for (let offset = 0, end = false; !end;) {
      const piece = await core.call('readBackup', { transfer, offset });
      const bytes = Buffer.from(piece.bytes, 'base64');
      await file.write(bytes, 0, bytes.length, offset);
      offset += bytes.length;
      end = piece.end;
    }
    await file.sync();
  } finally {
    await file.close();
  }
};

const copyIn = async (core: CoreApi, transfer: string, path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(PIECE_BYTES);
    for (let offset = 0; ;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      if (bytesRead === 0) return;
      const bytes = buffer.subarray(0, bytesRead).toString('base64');
      await core.call('writeRestore', { transfer, offset, bytes });
      offset += bytesRead;
    }
  } finally {
    await file.close();
  }
};

/** Writes an encrypted backup file. */
export const backup: Command = async (context) => {
  const { core, operands, output } = context;
  const [path = ''] = operands;
  const passphrase = await passphraseOf(context, 'Passphrase for the file: ');
  const { transfer, length } = await core.call('startBackup', { passphrase });
  try {
    await copyOut(core, transfer, path);
  } finally {
    await core.call('closeTransfer', { transfer });
  }
  output.show(
    { file: path, bytes: length },
    () => `${path}: ${String(length)} bytes. The recovery key opens it as well.`,
  );
};

/** Adds what a backup file holds and is not there. */
export const restore: Command = async (context) => {
  const { core, operands, options, output } = context;
  const [path = ''] = operands;
  const secret =
    options.keyFile === undefined ? await passphraseOf(context, 'Passphrase of the file: ') : await keyOf(context);
  const { transfer } = await core.call('startRestore', {});
  try {
    await copyIn(core, transfer, path);
    const view = await core.call('finishRestore', { transfer, secret });
    output.show(view, () => `${String(view.added)} added, ${String(view.known)} were there already.`);
  } finally {
    await core.call('closeTransfer', { transfer });
  }
};

/** Shows the recovery key until it is confirmed: the groups that are asked for come from standard input or the terminal. */
export const recoveryKey: Command = async (context) => {
  const { core, options, output, terminal } = context;
  const password = await asked(context, 'Password: ');
  const key = await core.call('showRecoveryKey', { password });
  output.show(key, () => `${key.groups.join('-')}\n@${key.username} on ${key.server}`);
  if (options.passwordFile !== undefined && options.keyFile === undefined) return;
  const question = `Groups ${key.asked.join(' and ')}, from the paper: `;
  const typed = await readSecret(terminal, { file: options.keyFile, option: '--key-file', question });
  const groups = typed.trim().split(/[\s-]+/);
  const kit = await core.call('confirmRecoveryKit', { password, groups });
  output.show(kit, () => 'Confirmed. This device keeps no copy of the key.');
};

const showRecovery = (output: Output, view: RecoveryView): void => {
  output.show(view, () => {
    switch (view.state) {
      case 'held':
        return `@${view.username}: another device is in use and may object until ${new Date(view.until).toISOString()}.`;
      case 'vetoed':
        return `@${view.username}: another device has objected. Nothing was changed.`;
      case 'none':
      case 'asking':
        return view.state;
      case 'done':
        return 'The account is on this device. Messages come back from a backup file: sotto restore FILE';
    }
  });
};

/** Takes an account back by its recovery key, and waits where it has to. */
export const recover: Command = async (context) => {
  const { core, options, output, ended } = context;
  const present = await core.call('recovery', {});
  let view =
    present.state === 'none'
      ? await core.call('recover', {
          address: options.server ?? '',
          key: await keyOf(context),
          newPassword: await asked(context, 'New password: '),
          deviceName: options.deviceName,
        })
      : await core.call('continueRecovery', {});
  showRecovery(output, view);
  while (view.state === 'held' && !options.noWait) {
    const isOver = await Promise.race([
      ended.then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), ASK_AGAIN_MS)),
    ]);
    if (isOver) return;
    view = await core.call('continueRecovery', {});
    if (view.state !== 'held') showRecovery(output, view);
  }
};

/** Objects to everything that waits to change the account and that this device may object to. */
export const veto: Command = async (context) => {
  const { core, output } = context;
  const pending = await core.call('pendingRecoveries', {});
  for (const waiting of pending) output.show(waiting, () => pendingLine(waiting));
  const stoppable = pending.filter(({ canVeto }) => canVeto);
  if (stoppable.length === 0) {
    if (pending.length === 0) output.show({ vetoed: 0 }, () => 'Nothing waits to change this account.');
    return;
  }
  const password = await asked(context, 'Password, to object: ');
  for (const { id } of stoppable) await core.call('vetoRecovery', { id, password });
  output.show({ vetoed: stoppable.length }, () => 'Stopped. The account stays as it is.');
};
