import { usernameKey, type AccountId, type UnixMs, type Username } from '@sotto/protocol/ids';
import type { FindOptionsWhere } from 'typeorm';
import type {
  AccessVerifiers,
  Account,
  AccountRepository,
  Authentication,
  CreateAccountOutcome,
  NewAccount,
} from './account-repository.js';
import type { Bytes } from './bytes.js';
import { isUniqueViolation } from './database-error.js';
import { ACCOUNT, type AccountRow } from './entities/account.js';
import type { Gate } from './gate.js';
import { lockAccount } from './row-locks.js';
import { accountIdFrom, bytesFrom, hex, idParameter, instantFrom, optional } from './row-values.js';
import type { Session } from './session.js';
import { inChunks, padded, placeholders } from './sql-lists.js';

const emailKey = (email: string): string => email.toLowerCase();

const rowOf = (account: NewAccount): AccountRow => ({
  accountId: account.accountId,
  username: account.username,
  usernameKey: usernameKey(account.username),
  email: account.email ?? null,
  emailKey: account.email === undefined ? null : emailKey(account.email),
  authSalt: account.authentication.salt,
  authMemoryKiB: account.authentication.cost.memoryKiB,
  authIterations: account.authentication.cost.iterations,
  authParallelism: account.authentication.cost.parallelism,
  authVerifier: account.authentication.verifier,
  accountIdentityKey: account.accountIdentityKey,
  recoveryPublicKey: account.recoveryPublicKey,
  accessVerifier: account.accessVerifier,
  previousAccessVerifier: null,
  previousAccessVerifierExpiresAt: null,
  createdAt: account.createdAt,
  emailConfirmedAt: null,
  disabledAt: null,
  linkingLockedAt: null,
});

const verifiersOf = (current: Bytes, previous: Bytes | undefined, expiresAt: UnixMs | undefined): AccessVerifiers => ({
  current,
  previous: previous === undefined || expiresAt === undefined ? undefined : { verifier: previous, expiresAt },
});

const accountOf = (row: AccountRow): Account => ({
  accountId: row.accountId,
  username: row.username,
  email: row.email ?? undefined,
  authentication: {
    salt: row.authSalt,
    cost: { memoryKiB: row.authMemoryKiB, iterations: row.authIterations, parallelism: row.authParallelism },
    verifier: row.authVerifier,
  },
  accountIdentityKey: row.accountIdentityKey,
  recoveryPublicKey: row.recoveryPublicKey,
  accessVerifiers: verifiersOf(
    row.accessVerifier,
    row.previousAccessVerifier ?? undefined,
    row.previousAccessVerifierExpiresAt ?? undefined,
  ),
  createdAt: row.createdAt,
  emailConfirmedAt: row.emailConfirmedAt ?? undefined,
  disabledAt: row.disabledAt ?? undefined,
  linkingLockedAt: row.linkingLockedAt ?? undefined,
});

/** Which of the three unique keys stood in the way. Asked of the rows: error texts differ from engine to engine. */
const conflictOf = async (session: Session, row: AccountRow): Promise<CreateAccountOutcome> => {
  const exists = (where: FindOptionsWhere<AccountRow>) => session.manager.existsBy<AccountRow>(ACCOUNT, where);
  if (await exists({ accountId: row.accountId })) return { type: 'accountExists' };
  if (await exists({ usernameKey: row.usernameKey })) return { type: 'usernameTaken' };
  return { type: 'emailTaken' };
};

export class SqlAccountRepository implements AccountRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  create(account: NewAccount): Promise<CreateAccountOutcome> {
    return this.#gate.transaction(async (session) => {
      const row = rowOf(account);
      try {
        await session.manager.insert<AccountRow>(ACCOUNT, row);
        return { type: 'created' };
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        return conflictOf(session, row);
      }
    });
  }

  lock(accountId: AccountId): Promise<boolean> {
    return this.#gate.use((session) => lockAccount(session, accountId));
  }

  find(accountId: AccountId): Promise<Account | undefined> {
    return this.#findBy({ accountId });
  }

  findByUsername(username: Username): Promise<Account | undefined> {
    return this.#findBy({ usernameKey: usernameKey(username) });
  }

  findByEmail(email: string): Promise<Account | undefined> {
    return this.#findBy({ emailKey: emailKey(email) });
  }

  findAccessVerifiers(accountIds: readonly AccountId[]): Promise<ReadonlyMap<AccountId, AccessVerifiers>> {
    return this.#gate.use(async (session) => {
      const found = new Map<AccountId, AccessVerifiers>();
      for (const chunk of inChunks(accountIds)) {
        const ids = padded(chunk).map(idParameter);
        const rows = await session.rows(
          'SELECT account_id, access_verifier, previous_access_verifier, previous_access_verifier_expires_at ' +
            `FROM account WHERE account_id IN (${placeholders(ids)})`,
          ids,
        );
        for (const row of rows)
          found.set(
            accountIdFrom(row['account_id']),
            verifiersOf(
              bytesFrom(row['access_verifier']),
              optional(row['previous_access_verifier'], bytesFrom),
              optional(row['previous_access_verifier_expires_at'], instantFrom),
            ),
          );
      }
      return found;
    });
  }

  replaceAccessVerifier(accountId: AccountId, verifier: Bytes, keepPreviousUntil: UnixMs | undefined): Promise<void> {
    return this.#gate.transaction(async (session) => {
      await lockAccount(session, accountId);
      const row = await session.manager.findOneBy<AccountRow>(ACCOUNT, { accountId });
      // The same again, after a lost answer: the key before stays as good as it was.
      const isRepeat = row !== null && hex(row.accessVerifier) === hex(verifier);
      if (isRepeat && keepPreviousUntil !== undefined) return;
      const kept = keepPreviousUntil === undefined ? null : (row?.accessVerifier ?? null);
      await session.manager.update<AccountRow>(
        ACCOUNT,
        { accountId },
        {
          accessVerifier: verifier,
          previousAccessVerifier: kept,
          previousAccessVerifierExpiresAt: keepPreviousUntil ?? null,
        },
      );
    });
  }

  replaceAuthentication(accountId: AccountId, { salt, cost, verifier }: Authentication): Promise<void> {
    return this.#gate.transaction(async ({ manager }) => {
      await manager.update<AccountRow>(
        ACCOUNT,
        { accountId },
        {
          authSalt: salt,
          authMemoryKiB: cost.memoryKiB,
          authIterations: cost.iterations,
          authParallelism: cost.parallelism,
          authVerifier: verifier,
        },
      );
    });
  }

  replaceAuthenticationVerifier(accountId: AccountId, expected: string, replacement: string): Promise<boolean> {
    return this.#gate.transaction(async (session) => {
      const { affected } = await session.manager.update<AccountRow>(
        ACCOUNT,
        { accountId, authVerifier: expected },
        { authVerifier: replacement },
      );
      return affected === 1;
    });
  }

  async replaceEmail(
    accountId: AccountId,
    email: string | undefined,
    confirmedAt: UnixMs | undefined,
  ): Promise<'replaced' | 'emailTaken'> {
    const change = {
      email: email ?? null,
      emailKey: email === undefined ? null : emailKey(email),
      emailConfirmedAt: confirmedAt ?? null,
    };
    try {
      await this.#update(accountId, change);
      return 'replaced';
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return 'emailTaken';
    }
  }

  setDisabled(accountId: AccountId, disabledAt: UnixMs | undefined): Promise<boolean> {
    return this.#update(accountId, { disabledAt: disabledAt ?? null });
  }

  async setLinkingLocked(accountId: AccountId, lockedAt: UnixMs | undefined): Promise<void> {
    await this.#update(accountId, { linkingLockedAt: lockedAt ?? null });
  }

  findDisabledSince(since: UnixMs): Promise<readonly AccountId[]> {
    return this.#gate.use(async (session) => {
      const rows = await session.rows('SELECT account_id FROM account WHERE disabled_at >= ?', [since]);
      return rows.map((row) => accountIdFrom(row['account_id']));
    });
  }

  remove(accountId: AccountId): Promise<boolean> {
    return this.#gate.transaction(async (session) => {
      if (!(await lockAccount(session, accountId))) return false;
      await session.change('DELETE FROM account WHERE account_id = ?', [idParameter(accountId)]);
      return true;
    });
  }

  #update(accountId: AccountId, change: Partial<AccountRow>): Promise<boolean> {
    return this.#gate.transaction(async (session) => {
      if (!(await lockAccount(session, accountId))) return false;
      await session.manager.update<AccountRow>(ACCOUNT, { accountId }, change);
      return true;
    });
  }

  #findBy(where: FindOptionsWhere<AccountRow>): Promise<Account | undefined> {
    return this.#gate.use(async (session) => {
      const row = await session.manager.findOneBy<AccountRow>(ACCOUNT, where);
      return row === null ? undefined : accountOf(row);
    });
  }
}
