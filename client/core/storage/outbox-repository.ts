import { decodeSync, encodeSync, type SyncKind } from '@sotto/protocol/content';
import { ID_LENGTH, idBytes, messageIdFromBytes, type AccountId, type MessageId } from '@sotto/protocol/ids';
import type { NewOutboxJob, OutboxBody, OutboxJob, SealedEnvelope } from '../messaging/outbox-job.js';
import * as column from './columns.js';
import { rowList, type ProfileDatabase, type Row } from './database.js';
import { StorageError } from './storage-error.js';

const SELECT = `SELECT outbox_job.*, message.text FROM outbox_job LEFT JOIN message ON message.id = outbox_job.message`;

const joinIds = (ids: readonly MessageId[]) => {
  const joined = new Uint8Array(ids.length * ID_LENGTH);
  ids.forEach((id, index) => {
    joined.set(idBytes(id), index * ID_LENGTH);
  });
  return joined;
};

const splitIds = (joined: Uint8Array): readonly MessageId[] =>
  Array.from({ length: joined.length / ID_LENGTH }, (_, index) => {
    const id = messageIdFromBytes(joined.subarray(index * ID_LENGTH, (index + 1) * ID_LENGTH));
    if (id === undefined) throw new StorageError('unreadable', 'a receipt names no message');
    return id;
  });

const syncOf = (encoded: Uint8Array): SyncKind => {
  const sync = decodeSync(encoded);
  if (sync === undefined) throw new StorageError('unreadable', 'what own devices are to be told cannot be read');
  return sync;
};

const bodyOf = (row: Row): OutboxBody => {
  const sync = column.optional(row, 'sync', column.bytes);
  if (sync !== undefined) return { kind: 'sync', sync: syncOf(sync) };
  if (column.optional(row, 'hello', column.integer) !== undefined) return { kind: 'hello' };
  const messageRow = column.optional(row, 'message', column.integer);
  return messageRow === undefined
    ? {
        kind: 'receipt',
        state: column.oneOf('delivered', 'read')(row, 'receipt_state'),
        messageIds: splitIds(column.bytes(row, 'receipt_message_ids')),
      }
    : { kind: 'text', messageRow, text: column.text(row, 'text') };
};

const jobOf = (row: Row): OutboxJob => ({
  id: column.integer(row, 'id'),
  chatId: column.accountId(row, 'chat_id'),
  contentId: column.messageId(row, 'content_id'),
  sequence: column.integer(row, 'sequence'),
  madeAt: column.instant(row, 'made_at'),
  repairs: column.integer(row, 'repairs'),
  body: bodyOf(row),
});

const envelopeOf = (row: Row): SealedEnvelope => ({
  deviceId: column.deviceId(row, 'device_id'),
  envelopeId: column.envelopeId(row, 'envelope_id'),
  registrationId: column.integer(row, 'registration_id'),
  ciphertext: column.bytes(row, 'ciphertext'),
  expiresAt: column.instant(row, 'expires_at'),
});

/** Everything that is on its way out and not yet known to be with the server. */
export class OutboxRepository {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  add(job: NewOutboxJob): void {
    const receipt = job.body.kind === 'receipt' ? job.body : undefined;
    this.#database.run(
      `INSERT INTO outbox_job (chat_id, message, content_id, sequence, made_at, receipt_state, receipt_message_ids, sync, hello)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        idBytes(job.chatId),
        job.body.kind === 'text' ? job.body.messageRow : null,
        idBytes(job.contentId),
        job.sequence,
        job.madeAt,
        receipt?.state ?? null,
        receipt === undefined ? null : joinIds(receipt.messageIds),
        job.body.kind === 'sync' ? encodeSync(job.body.sync) : null,
        job.body.kind === 'hello' ? 1 : null,
      ],
    );
  }

  /** The chats that have something to send, the one that has waited longest first. */
  waitingChats(): readonly AccountId[] {
    return this.#database
      .all('SELECT chat_id FROM outbox_job GROUP BY chat_id ORDER BY min(id)')
      .map((row) => column.accountId(row, 'chat_id'));
  }

  /** The next jobs of a chat, in order, from after `afterId`. */
  next(chatId: AccountId, afterId: number, limit: number): readonly OutboxJob[] {
    return this.#database
      .all(`${SELECT} WHERE outbox_job.chat_id = ? AND outbox_job.id > ? ORDER BY outbox_job.id LIMIT ?`, [
        idBytes(chatId),
        afterId,
        limit,
      ])
      .map(jobOf);
  }

  /** The sealed forms of these jobs, by job; none of a job that has not been sealed. */
  envelopes(jobs: readonly Pick<OutboxJob, 'id'>[]): ReadonlyMap<number, readonly SealedEnvelope[]> {
    const marks = jobs.map(() => '?').join(', ');
    const sealed = new Map<number, SealedEnvelope[]>();
    const rows = this.#database.all(
      `SELECT * FROM outbox_envelope WHERE job IN (${marks}) ORDER BY job, device_id`,
      jobs.map(({ id }) => id),
    );
    for (const row of rows) {
      const job = column.integer(row, 'job');
      sealed.set(job, [...(sealed.get(job) ?? []), envelopeOf(row)]);
    }
    return sealed;
  }

  /** Part of the transaction that commits the ratchets. */
  addEnvelope(jobId: number, envelope: SealedEnvelope): void {
    this.#database.run('INSERT INTO outbox_envelope VALUES (?, ?, ?, ?, ?, ?)', [
      jobId,
      idBytes(envelope.deviceId),
      idBytes(envelope.envelopeId),
      envelope.registrationId,
      envelope.ciphertext,
      envelope.expiresAt,
    ]);
  }

  /** Takes the sealed forms of all jobs of a chat away, so that they are sealed anew for other devices. */
  unseal(chatId: AccountId): void {
    const sql = 'DELETE FROM outbox_envelope WHERE job IN (SELECT id FROM outbox_job WHERE chat_id = ?)';
    this.#database.run(sql, [idBytes(chatId)]);
  }

  /** Counts a repair of a job and returns how many there have been. */
  countRepair(jobId: number): number {
    const row = this.#database.get('UPDATE outbox_job SET repairs = repairs + 1 WHERE id = ? RETURNING repairs', [
      jobId,
    ]);
    return row === undefined ? 0 : column.integer(row, 'repairs');
  }

  /** Takes everything out that waits for one account. */
  clear(chatId: AccountId): void {
    this.#database.run('DELETE FROM outbox_job WHERE chat_id = ?', [idBytes(chatId)]);
  }

  remove(jobIds: readonly number[]): void {
    this.#database.run('DELETE FROM outbox_job WHERE id IN (SELECT value FROM json_each(?))', [rowList(jobIds)]);
  }
}
