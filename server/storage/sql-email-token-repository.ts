import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import type { EmailPurpose, EmailToken, EmailTokenRepository, NewEmailToken } from './email-token-repository.js';
import type { Gate } from './gate.js';
import { lockAccount } from './row-locks.js';
import { accountIdFrom, bytesParameter, idParameter, textFrom } from './row-values.js';

export class SqlEmailTokenRepository implements EmailTokenRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  replace({ tokenHash, accountId, purpose, email, createdAt, expiresAt }: NewEmailToken): Promise<void> {
    return this.#gate.transaction(async (session) => {
      if (!(await lockAccount(session, accountId))) return;
      const id = idParameter(accountId);
      await session.change('DELETE FROM email_token WHERE account_id = ? AND purpose = ?', [id, purpose]);
      await session.change(
        'INSERT INTO email_token (token_hash, account_id, purpose, email, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
        [bytesParameter(tokenHash), id, purpose, email, createdAt, expiresAt],
      );
    });
  }

  find(tokenHash: Bytes, purpose: EmailPurpose, now: UnixMs): Promise<EmailToken | undefined> {
    return this.#gate.use(async (session) => {
      const [row] = await session.rows(
        'SELECT account_id, email FROM email_token WHERE token_hash = ? AND purpose = ? AND expires_at > ?',
        [bytesParameter(tokenHash), purpose, now],
      );
      return row === undefined
        ? undefined
        : { accountId: accountIdFrom(row['account_id']), email: textFrom(row['email']) };
    });
  }

  use(tokenHash: Bytes, purpose: EmailPurpose, now: UnixMs): Promise<boolean> {
    return this.#gate.use(async (session) => {
      const deleted = await session.change(
        'DELETE FROM email_token WHERE token_hash = ? AND purpose = ? AND expires_at > ?',
        [bytesParameter(tokenHash), purpose, now],
      );
      return deleted === 1;
    });
  }

  pendingEmail(accountId: AccountId, now: UnixMs): Promise<string | undefined> {
    return this.#gate.use(async (session) => {
      const [row] = await session.rows(
        "SELECT email FROM email_token WHERE account_id = ? AND purpose = 'confirm' AND expires_at > ?",
        [idParameter(accountId), now],
      );
      return row === undefined ? undefined : textFrom(row['email']);
    });
  }

  endAll(accountId: AccountId): Promise<void> {
    return this.#gate.use(async (session) => {
      await session.change('DELETE FROM email_token WHERE account_id = ?', [idParameter(accountId)]);
    });
  }

  deleteExpired(now: UnixMs): Promise<void> {
    return this.#gate.use(async (session) => {
      await session.change('DELETE FROM email_token WHERE expires_at <= ?', [now]);
    });
  }
}
