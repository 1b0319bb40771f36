import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import type { Gate } from './gate.js';
import { lockAccount } from './row-locks.js';
import { bytesFrom, bytesParameter, idParameter, integerFrom } from './row-values.js';
import type { SecondFactor, SecondFactorRepository } from './second-factor-repository.js';
import type { Session } from './session.js';

const putBackupCodes = async (session: Session, accountId: AccountId, codeHashes: readonly Bytes[]): Promise<void> => {
  await session.change('DELETE FROM backup_code WHERE account_id = ?', [idParameter(accountId)]);
  for (const hash of codeHashes)
    await session.change('INSERT INTO backup_code (account_id, code_hash) VALUES (?, ?)', [
      idParameter(accountId),
      bytesParameter(hash),
    ]);
};

export class SqlSecondFactorRepository implements SecondFactorRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  find(accountId: AccountId): Promise<SecondFactor | undefined> {
    return this.#gate.use(async (session) => {
      const [row] = await session.rows(
        'SELECT secret, last_step, confirmed_at FROM second_factor WHERE account_id = ?',
        [idParameter(accountId)],
      );
      if (row === undefined) return undefined;
      return {
        secret: bytesFrom(row['secret']),
        lastStep: integerFrom(row['last_step']),
        isConfirmed: row['confirmed_at'] !== null,
      };
    });
  }

  propose(accountId: AccountId, secret: Bytes, now: UnixMs): Promise<boolean> {
    return this.#gate.transaction(async (session) => {
      if (!(await lockAccount(session, accountId))) return false;
      const id = idParameter(accountId);
      await session.change('DELETE FROM second_factor WHERE account_id = ? AND confirmed_at IS NULL', [id]);
      const confirmed = await session.rows('SELECT last_step FROM second_factor WHERE account_id = ?', [id]);
      if (confirmed.length > 0) return false;
      await session.change(
        'INSERT INTO second_factor (account_id, secret, last_step, created_at, confirmed_at) VALUES (?, ?, 0, ?, NULL)',
        [id, bytesParameter(secret), now],
      );
      return true;
    });
  }

  useStep(accountId: AccountId, step: number): Promise<boolean> {
    return this.#gate.use(async (session) => {
      const changed = await session.change(
        'UPDATE second_factor SET last_step = ? WHERE account_id = ? AND last_step < ?',
        [step, idParameter(accountId), step],
      );
      return changed === 1;
    });
  }

  confirm(accountId: AccountId, codeHashes: readonly Bytes[], now: UnixMs): Promise<void> {
    return this.#gate.transaction(async (session) => {
      await lockAccount(session, accountId);
      await session.change('UPDATE second_factor SET confirmed_at = ? WHERE account_id = ? AND confirmed_at IS NULL', [
        now,
        idParameter(accountId),
      ]);
      await putBackupCodes(session, accountId, codeHashes);
    });
  }

  replaceBackupCodes(accountId: AccountId, codeHashes: readonly Bytes[]): Promise<void> {
    return this.#gate.transaction(async (session) => {
      await lockAccount(session, accountId);
      await putBackupCodes(session, accountId, codeHashes);
    });
  }

  useBackupCode(accountId: AccountId, codeHash: Bytes): Promise<boolean> {
    return this.#gate.use(async (session) => {
      const deleted = await session.change('DELETE FROM backup_code WHERE account_id = ? AND code_hash = ?', [
        idParameter(accountId),
        bytesParameter(codeHash),
      ]);
      return deleted === 1;
    });
  }

  countBackupCodes(accountId: AccountId): Promise<number> {
    return this.#gate.use(async (session) => {
      const [row] = await session.rows('SELECT COUNT(*) AS codes FROM backup_code WHERE account_id = ?', [
        idParameter(accountId),
      ]);
      return integerFrom(row?.['codes'] ?? 0);
    });
  }

  remove(accountId: AccountId): Promise<boolean> {
    return this.#gate.transaction(async (session) => {
      await lockAccount(session, accountId);
      await putBackupCodes(session, accountId, []);
      const id = idParameter(accountId);
      return (await session.change('DELETE FROM second_factor WHERE account_id = ?', [id])) > 0;
    });
  }
}
