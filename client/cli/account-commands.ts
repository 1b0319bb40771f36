import { writeFile } from 'node:fs/promises';
import type { AccountPageView, PasswordProof } from '../bridge/index.js';
import { CommandRefusal, secondFactorOf, type Command, type CommandContext } from './command.js';
import type { Output } from './output.js';
import { readAnswer, readSecret } from './secret-input.js';

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

const emailLine = ({ email, emailConfirmedAt, pendingEmail }: AccountPageView): string => {
  if (pendingEmail !== undefined) return `email: waits for the code that was sent to ${pendingEmail}`;
  if (email === undefined) return 'email: none';
  return emailConfirmedAt === undefined ? `email: ${email}` : `email: ${email}, confirmed ${day(emailConfirmedAt)}`;
};

const showPage = (output: Output, page: AccountPageView): void => {
  output.show(page, () =>
    [
      `@${page.username}, since ${day(page.createdAt)}`,
      emailLine(page),
      page.secondFactor ? `second factor: on, ${String(page.backupCodes)} backup codes left` : 'second factor: off',
      `linking: ${page.linkingLocked ? 'locked' : 'open'}`,
      ...(page.keysClosed ? ['keys: under the password before; `sotto earlier-password` opens them'] : []),
    ].join('\n'),
  );
};

const proofOf = async (context: CommandContext, question = 'Password: '): Promise<PasswordProof> => ({
  password: await readSecret(context.terminal, {
    file: context.options.passwordFile,
    option: '--password-file',
    question,
  }),
  ...secondFactorOf(context),
});

const newPasswordOf = ({ terminal, options }: CommandContext): Promise<string> =>
  readSecret(terminal, { file: options.newPasswordFile, option: '--new-password-file', question: 'New password: ' });

const codeOf = ({ terminal, options }: CommandContext, question: string): Promise<string> =>
  readAnswer(terminal, { file: options.codeFile, option: '--code-file', question });

/** What cannot be taken back wants the name of the account as well. */
const confirmedName = ({ options: { username } }: CommandContext): string => {
  if (username === undefined)
    throw new CommandRefusal('usernameDiffers', 'Give --username NAME to show that you mean it.');
  return username;
};

/** The account as the server knows it. */
export const account: Command = async ({ core, output }) => {
  showPage(output, await core.call('accountPage', {}));
};

/** Sets another address, or takes it away with an empty one. */
export const email: Command = async (context) => {
  const { core, operands, output } = context;
  const [typed = ''] = operands;
  const proof = await proofOf(context);
  const { confirmationSent, page } = await core.call('changeEmail', {
    ...proof,
    ...(typed.trim() === '' ? {} : { email: typed }),
  });
  showPage(output, page);
  if (!confirmationSent) return;
  showPage(output, await core.call('confirmEmail', { code: await codeOf(context, 'Code from the mail: ') }));
};

/** For a code that came later than the command that asked for it. */
export const confirmEmail: Command = async (context) => {
  const code = await codeOf(context, 'Code from the mail: ');
  showPage(context.output, await context.core.call('confirmEmail', { code }));
};

export const changePassword: Command = async (context) => {
  const proof = await proofOf(context, 'Present password: ');
  await context.core.call('changePassword', { ...proof, newPassword: await newPasswordOf(context) });
  context.output.show({ password: 'changed' }, () => 'Changed. Your other devices ask for the new password.');
};

/** After a reset by mail: the password before opens the keys of this device once more. */
export const earlierPassword: Command = async (context) => {
  const { core, options, output, terminal } = context;
  const proof = await proofOf(context, 'Present password: ');
  const earlier = await readSecret(terminal, {
    file: options.earlierPasswordFile,
    option: '--earlier-password-file',
    question: 'Earlier password: ',
  });
  await core.call('openWithEarlierPassword', { ...proof, earlierPassword: earlier });
  output.show({ keys: 'open' }, () => 'The keys of this device open with your present password.');
};

/** Mails a code, and sets a new password with it. */
export const resetPassword: Command = async (context) => {
  const { core, options, output } = context;
  const at = { address: options.server ?? '', identifier: options.username ?? options.email ?? '' };
  if (options.codeFile === undefined) {
    await core.call('requestPasswordReset', at);
    output.show({ mail: 'sent' }, () => 'If there is such an account with a confirmed address, a code is on its way.');
  }
  const code = await codeOf(context, 'Code from the mail: ');
  await core.call('resetPassword', { ...at, code, newPassword: await newPasswordOf(context) });
  output.show({ password: 'set' }, () => 'Set. Keys of your devices stay under the password before.');
};

const showCodes = (output: Output, codes: { readonly backupCodes: readonly string[] }): void => {
  output.show(codes, () => `Backup codes, each good once and shown only now:\n${codes.backupCodes.join('\n')}`);
};

/** `on`, `off`, or `codes` for new backup codes. */
export const secondFactor: Command = async (context) => {
  const { core, operands, output } = context;
  switch (operands[0] ?? '') {
    case 'on': {
      const proposed = await core.call('proposeSecondFactor', await proofOf(context));
      output.show(proposed, () => `Key for your authenticator: ${proposed.secret}\n${proposed.uri}`);
      const code = await codeOf(context, 'Code that it shows: ');
      showCodes(output, await core.call('confirmSecondFactor', { code }));
      return;
    }
    case 'codes':
      showCodes(output, await core.call('renewBackupCodes', await proofOf(context)));
      return;
    case 'off':
      showPage(output, await core.call('removeSecondFactor', await proofOf(context)));
      return;
    default:
      throw new CommandRefusal('badCall', 'Say what: second-factor on, off, or codes.');
  }
};

/** `on` or `off`. */
export const linkingLock: Command = async (context) => {
  const { core, operands, output } = context;
  switch (operands[0] ?? '') {
    case 'on':
      showPage(output, await core.call('lockLinking', {}));
      return;
    case 'off':
      showPage(output, await core.call('unlockLinking', await proofOf(context)));
      return;
    default:
      throw new CommandRefusal('badCall', 'Say which: linking-lock on or off.');
  }
};

/** Writes what the server has of the account into a file that is not there yet. */
export const exportAccount: Command = async (context) => {
  const { core, operands, output } = context;
  const [path = ''] = operands;
  const { text } = await core.call('exportAccount', await proofOf(context));
  await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  output.show(
    { file: path },
    () => `${path}: everything that the server has of your account, but for what waits to be read.`,
  );
};

export const deleteAccount: Command = async (context) => {
  const { core, output } = context;
  const wanted = confirmedName(context).replace(/^@/, '').toLowerCase();
  const app = await core.call('getApp', {});
  if (app.phase === 'ready' && app.account.username.toLowerCase() !== wanted)
    throw new CommandRefusal('usernameDiffers', 'That is not the name of this account; nothing was deleted.');
  const next = await core.call('deleteAccount', await proofOf(context));
  output.show(next, () => 'The account is gone from the server, and from this profile.');
};

/** Erases this profile; the account goes on without it. */
export const erase: Command = async (context) => {
  const { core, output } = context;
  const next = await core.call('eraseProfile', { username: confirmedName(context) });
  output.show(next, () => 'Chats and keys are erased from this profile.');
};
