import { BridgeError } from '@sotto/client/bridge';
import { parseUsername, usernameKey, type AccountId, type Username } from '@sotto/protocol/ids';
import { failureOf } from '../account/failure.js';
import type { AccountApi, Away, Refused } from '../net/types.js';

interface DirectoryParts {
  readonly self: { readonly accountId: AccountId; readonly username: Username };
  readonly api: AccountApi;
}

const refusalOf = (result: Refused | Away): BridgeError => {
  if (result.outcome === 'refused' && (result.code === 'notFound' || result.code === 'unknownRecipient')) {
    return new BridgeError('personNotFound');
  }
  const { code, params } = failureOf(result).failure;
  return new BridgeError(code, params);
};

/** Finds people by their exact username. */
export class Directory {
  readonly #parts: DirectoryParts;

  constructor(parts: DirectoryParts) {
    this.#parts = parts;
  }

  /** Reads a username as a person types one. Throws a `BridgeError` where nobody can have it, or where it is one's own. */
  parse(typed: string): Username {
    const username = parseUsername(typed.trim().replace(/^@/, ''));
    if (username === undefined) throw new BridgeError('usernameInvalid');
    if (usernameKey(username) === usernameKey(this.#parts.self.username)) throw new BridgeError('personIsSelf');
    return username;
  }

  async find(username: Username): Promise<{ readonly accountId: AccountId; readonly username: Username }> {
    const { api, self } = this.#parts;
    const result = await api.call('findAccount', { body: { username } });
    if (result.outcome !== 'ok') throw refusalOf(result);
    const found = result.value;
    // The answer must be about the name that was asked for, and never make a chat with oneself.
    if (found.accountId === self.accountId) throw new BridgeError('personIsSelf');
    if (usernameKey(found.username) !== usernameKey(username)) throw new BridgeError('notASottoServer');
    return found;
  }
}
