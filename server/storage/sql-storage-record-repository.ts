import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import { LIMITS } from '@sotto/protocol/wire';
import type { Gate } from './gate.js';
import { lockAccount } from './row-locks.js';
import { bytesFrom, bytesParameter, hex, idParameter, integerFrom } from './row-values.js';
import type { Session } from './session.js';
import type { PutRecordOutcome, StorageRecordRepository, VersionedRecord } from './storage-record-repository.js';

const read = async (session: Session, accountId: AccountId): Promise<VersionedRecord | undefined> => {
  const [row] = await session.rows('SELECT version, record FROM storage_record WHERE account_id = ?', [
    idParameter(accountId),
  ]);
  return row === undefined ? undefined : { version: integerFrom(row['version']), record: bytesFrom(row['record']) };
};

export class SqlStorageRecordRepository implements StorageRecordRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  find(accountId: AccountId): Promise<VersionedRecord | undefined> {
    return this.#gate.use((session) => read(session, accountId));
  }

  put(accountId: AccountId, { version, record }: VersionedRecord, now: UnixMs): Promise<PutRecordOutcome> {
    return this.#gate.transaction(async (session) => {
      if (!(await lockAccount(session, accountId))) return { type: 'conflict' };
      const present = await read(session, accountId);
      if (present?.version === version && hex(present.record) === hex(record)) return { type: 'repeated' };
      const above = version - (present?.version ?? 0);
      if (above < 1 || above > LIMITS.storageRecordVersionsAhead) return { type: 'conflict' };
      const values = [version, bytesParameter(record), now, idParameter(accountId)];
      await session.change(
        present === undefined
          ? 'INSERT INTO storage_record (version, record, updated_at, account_id) VALUES (?, ?, ?, ?)'
          : 'UPDATE storage_record SET version = ?, record = ?, updated_at = ? WHERE account_id = ?',
        values,
      );
      return { type: 'stored' };
    });
  }
}
