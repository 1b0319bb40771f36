import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import type { Gate } from './gate.js';
import type { Invite, InviteRepository, NewInvite } from './invite-repository.js';
import { bytesParameter, instantFrom, integerFrom, textFrom } from './row-values.js';

export class SqlInviteRepository implements InviteRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  add({ inviteHash, inviteId, usesLeft, createdAt, expiresAt }: NewInvite): Promise<void> {
    return this.#gate.use(async (session) => {
      await session.change(
        'INSERT INTO invite (invite_hash, invite_id, uses_left, created_at, expires_at) VALUES (?, ?, ?, ?, ?)',
        [bytesParameter(inviteHash), inviteId, usesLeft, createdAt, expiresAt],
      );
    });
  }

  use(inviteHash: Bytes, now: UnixMs): Promise<boolean> {
    return this.#gate.use(async (session) => {
      const changed = await session.change(
        'UPDATE invite SET uses_left = uses_left - 1 WHERE invite_hash = ? AND uses_left > 0 AND expires_at > ?',
        [bytesParameter(inviteHash), now],
      );
      return changed === 1;
    });
  }

  list(now: UnixMs): Promise<readonly Invite[]> {
    return this.#gate.use(async (session) => {
      const rows = await session.rows(
        'SELECT invite_id, uses_left, created_at, expires_at FROM invite WHERE uses_left > 0 AND expires_at > ? ' +
          'ORDER BY created_at DESC, invite_id',
        [now],
      );
      return rows.map((row) => ({
        inviteId: textFrom(row['invite_id']),
        usesLeft: integerFrom(row['uses_left']),
        createdAt: instantFrom(row['created_at']),
        expiresAt: instantFrom(row['expires_at']),
      }));
    });
  }

  remove(inviteId: string): Promise<boolean> {
    return this.#gate.use(async (session) => {
      return (await session.change('DELETE FROM invite WHERE invite_id = ?', [inviteId])) === 1;
    });
  }

  deleteExpired(now: UnixMs): Promise<void> {
    return this.#gate.use(async (session) => {
      await session.change('DELETE FROM invite WHERE expires_at <= ?', [now]);
    });
  }
}
