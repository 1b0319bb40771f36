import { randomBytes } from 'node:crypto';
import { newShortCode, shortCodeHash } from '../domain/account/short-code.js';
import { laterBy } from '../domain/clock.js';
import { numberOption, UsageError, wordAt, type AdminCommand } from './command.js';

const DAY_MS = 86_400_000;

export const createInvite: AdminCommand = async (context, given) => {
  const uses = numberOption(given, 'uses', { least: 1, most: 10_000, otherwise: 1 });
  const days = numberOption(given, 'days', { least: 1, most: 365, otherwise: 7 });
  const { invites } = await context.storage();
  const code = newShortCode();
  const inviteHash = shortCodeHash('invite', code);
  if (inviteHash === undefined) throw new Error('A new code is not one.');
  const createdAt = context.clock();
  const invite = {
    inviteId: randomBytes(4).toString('hex'),
    usesLeft: uses,
    createdAt,
    expiresAt: laterBy(createdAt, days * DAY_MS),
  };
  await invites.add({ ...invite, inviteHash });
  context.say(`Invite code: ${code}`);
  context.say(
    `Good for ${uses} ${uses === 1 ? 'account' : 'accounts'} within ${days} days. It is shown this once; the server keeps its hash.`,
  );
  if (context.config.registration !== 'invite')
    context.say(`Note: SOTTO_REGISTRATION is ${context.config.registration}; codes are asked for where it is invite.`);
  context.answer({ code, ...invite });
  return 0;
};

export const listInvites: AdminCommand = async (context) => {
  const { invites } = await context.storage();
  const found = await invites.list(context.clock());
  if (found.length === 0) context.say('No invite lets anybody in.');
  for (const { inviteId, usesLeft, expiresAt } of found)
    context.say(`${inviteId}  ${usesLeft} left  until ${new Date(expiresAt).toISOString()}`);
  context.answer({ invites: found });
  return 0;
};

export const revokeInvite: AdminCommand = async (context, given) => {
  const id = wordAt(given, 0, 'the invite, as "invite list" shows it');
  const { invites } = await context.storage();
  if (!(await invites.remove(id))) throw new UsageError(`There is no invite ${id}.`);
  context.say('Revoked. Accounts that were made with it stay.');
  context.answer({ revoked: id });
  return 0;
};
