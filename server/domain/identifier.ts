import { parseUsername } from '@sotto/protocol/ids';
import type { Account, AccountRepository } from '../storage/account-repository.js';

/** The form in which what a person types to sign in is compared and counted. */
export const identifierKey = (identifier: string): string => identifier.toLowerCase();

/** The account that a person means by a username or an email address. One query either way, found or not. */
export const findByIdentifier = async (
  accounts: AccountRepository,
  identifier: string,
): Promise<Account | undefined> => {
  const username = parseUsername(identifier);
  // Usernames hold no `@`: nothing can be both.
  return username === undefined ? accounts.findByEmail(identifier) : accounts.findByUsername(username);
};
