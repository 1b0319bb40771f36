import { parseUsername } from '@sotto/protocol/ids';
import { FolderBlobStore } from '../blobs/folder-blob-store.js';
import { deleteAccount } from '../domain/account/account-deletion.js';
import { LocalNotifier } from '../notifier/local-notifier.js';
import { RedisNotifier } from '../notifier/redis-notifier.js';
import type { Account } from '../storage/account-repository.js';
import { UsageError, wordAt, type AdminArguments, type AdminCommand, type AdminContext } from './command.js';

const accountOf = async (context: AdminContext, given: AdminArguments): Promise<Account> => {
  const name = parseUsername(wordAt(given, 0, 'the account by its username'));
  if (name === undefined) throw new UsageError('A username has 3 to 32 Latin letters, digits or "_", a letter first.');
  const account = await (await context.storage()).accounts.findByUsername(name);
  if (account === undefined) throw new UsageError('There is no account with this username.');
  return account;
};

const dayOf = (time: number | undefined): string =>
  time === undefined ? '–' : new Date(time).toISOString().slice(0, 10);

/** Metadata alone: there is nothing else that a host could look at. */
export const showAccount: AdminCommand = async (context, given) => {
  const account = await accountOf(context, given);
  const { devices, secondFactors, archives } = await context.storage();
  const listed = await devices.list(account.accountId);
  const secondFactor = (await secondFactors.find(account.accountId))?.isConfirmed === true;
  const archiveBytes = await archives.usedBytes(account.accountId);
  context.say(`${account.username}  ${account.accountId}`);
  context.say(
    `made ${dayOf(account.createdAt)}, ${account.disabledAt === undefined ? 'open' : `closed since ${dayOf(account.disabledAt)}`}`,
  );
  context.say(
    `second factor ${secondFactor ? 'on' : 'off'}, linking ${account.linkingLockedAt === undefined ? 'open' : 'locked by the owner'}`,
  );
  context.say(`archives ${archiveBytes} bytes`);
  for (const { deviceId, linkedAt, lastSeenAt } of listed)
    context.say(`  device ${deviceId}  linked ${dayOf(linkedAt)}  last seen ${dayOf(lastSeenAt)}`);
  context.answer({
    username: account.username,
    accountId: account.accountId,
    createdAt: account.createdAt,
    disabledAt: account.disabledAt ?? null,
    secondFactor,
    archiveBytes,
    devices: listed.map(({ deviceId, linkedAt, lastSeenAt }) => ({
      deviceId,
      linkedAt,
      lastSeenAt: lastSeenAt ?? null,
    })),
  });
  return 0;
};

export const disableAccount: AdminCommand = async (context, given) => {
  const account = await accountOf(context, given);
  const { transactions, accounts, refreshTokens } = await context.storage();
  await transactions.run(async () => {
    await accounts.setDisabled(account.accountId, context.clock());
    await refreshTokens.endAll(account.accountId);
  });
  context.say(
    `Closed. Devices of ${account.username} are signed out within seconds, on every process; nothing was deleted.`,
  );
  context.answer({ disabled: account.username });
  return 0;
};

export const enableAccount: AdminCommand = async (context, given) => {
  const account = await accountOf(context, given);
  await (await context.storage()).accounts.setDisabled(account.accountId, undefined);
  context.say(`Open again. ${account.username} signs in with the password.`);
  context.answer({ enabled: account.username });
  return 0;
};

export const resetSecondFactor: AdminCommand = async (context, given) => {
  const account = await accountOf(context, given);
  const removed = await (await context.storage()).secondFactors.remove(account.accountId);
  context.say(
    removed
      ? `The second factor of ${account.username} is off. The password is asked for as before. Make sure that you know who asked.`
      : `${account.username} has no second factor.`,
  );
  context.answer({ removed });
  return 0;
};

export const removeAccount: AdminCommand = async (context, given) => {
  const account = await accountOf(context, given);
  if (given.options['yes'] !== true)
    throw new UsageError(`This deletes ${account.username} for good. Say so with --yes.`);
  const storage = await context.storage();
  const { redisUrl, blobFolder } = context.config;
  const notifier = redisUrl === undefined ? new LocalNotifier() : new RedisNotifier(redisUrl, context.log);
  try {
    const blobs = await FolderBlobStore.open(blobFolder);
    await deleteAccount({ storage, blobs, notifier, log: context.log }, account);
  } finally {
    await notifier.close();
  }
  context.say('Deleted, with everything that hung on it.');
  context.answer({ deleted: account.username });
  return 0;
};
