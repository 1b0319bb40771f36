import Sqlcipher from '@signalapp/sqlcipher';
import mysql from 'mysql2/promise';

export interface StoredEnvelope {
  readonly id: Buffer;
  readonly recipient: Buffer;
  readonly payload: Buffer;
}

/** What a minimal relay keeps envelopes in. `put` resolves when all of them are durable, in one commit. */
export interface EnvelopeStore {
  put(envelopes: readonly StoredEnvelope[]): Promise<void>;
  /** What waits for somebody, in the order of its coming. */
  waiting(recipient: Buffer): Promise<readonly StoredEnvelope[]>;
  remove(ids: readonly Buffer[]): Promise<void>;
}

const placeholders = (count: number): string => Array.from({ length: count }, () => '?').join(',');

/** SQLite as durable as the server's embedded database (WAL, synchronous FULL), one commit an envelope. */
const openEmbedded = (file: string): EnvelopeStore => {
  const database = new Sqlcipher(file);
  database.pragma('journal_mode=WAL');
  database.pragma('synchronous=FULL');
  database.exec(
    'CREATE TABLE envelope (position INTEGER PRIMARY KEY, id BLOB UNIQUE, recipient BLOB NOT NULL, payload BLOB NOT NULL)',
  );
  database.exec('CREATE INDEX by_recipient ON envelope (recipient, position)');
  const insert = database.prepare('INSERT INTO envelope (id, recipient, payload) VALUES (?, ?, ?)');
  const insertAll = (envelopes: readonly StoredEnvelope[]): void => {
    database.exec('BEGIN IMMEDIATE');
    for (const { id, recipient, payload } of envelopes)
      insert.run([new Uint8Array(id), new Uint8Array(recipient), new Uint8Array(payload)]);
    database.exec('COMMIT');
  };
  const select = database.prepare('SELECT id, recipient, payload FROM envelope WHERE recipient = ? ORDER BY position');
  return {
    put: async (envelopes) => insertAll(envelopes),
    waiting: async (recipient) =>
      select.all([new Uint8Array(recipient)]).map((row) => ({
        id: Buffer.from(row['id'] as Uint8Array),
        recipient,
        payload: Buffer.from(row['payload'] as Uint8Array),
      })),
    remove: async (ids) => {
      database
        .prepare(`DELETE FROM envelope WHERE id IN (${placeholders(ids.length)})`)
        .run(ids.map((id) => new Uint8Array(id)));
    },
  };
};

const openMysql = async (url: string): Promise<EnvelopeStore> => {
  const pool = mysql.createPool({ uri: url, connectionLimit: 10 });
  await pool.query('DROP TABLE IF EXISTS baseline_envelope');
  await pool.query(
    'CREATE TABLE baseline_envelope (position BIGINT AUTO_INCREMENT PRIMARY KEY, id BINARY(16) NOT NULL UNIQUE, ' +
      'recipient BINARY(16) NOT NULL, payload MEDIUMBLOB NOT NULL, INDEX by_recipient (recipient, position))',
  );
  return {
    put: async (envelopes) => {
      const rows = envelopes.map(() => '(?, ?, ?)').join(', ');
      await pool.execute(
        `INSERT INTO baseline_envelope (id, recipient, payload) VALUES ${rows}`,
        envelopes.flatMap(({ id, recipient, payload }) => [id, recipient, payload]),
      );
    },
    waiting: async (recipient) => {
      const [rows] = await pool.query<mysql.RowDataPacket[]>(
        'SELECT id, payload FROM baseline_envelope WHERE recipient = ? ORDER BY position',
        [recipient],
      );
      return rows.map((row) => ({ id: row['id'] as Buffer, recipient, payload: row['payload'] as Buffer }));
    },
    remove: async (ids) => {
      await pool.query(`DELETE FROM baseline_envelope WHERE id IN (${placeholders(ids.length)})`, [...ids]);
    },
  };
};

/** Opens the store that a URL names: `embedded:/file` or `mysql://…`. */
export const openStore = async (url: string): Promise<EnvelopeStore> =>
  url.startsWith('embedded:') ? openEmbedded(url.slice('embedded:'.length)) : openMysql(url);

const BATCH_MOST = 256;

/** Gathers what comes while a commit runs, and stores it together in the next: group commit and nothing else. */
export const grouped = (store: EnvelopeStore): EnvelopeStore => {
  let queue: { readonly envelopes: readonly StoredEnvelope[]; readonly done: () => void }[] = [];
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (queue.length > 0) {
      const batch = queue.slice(0, BATCH_MOST);
      queue = queue.slice(BATCH_MOST);
      await store.put(batch.flatMap(({ envelopes }) => envelopes));
      for (const { done } of batch) done();
    }
    isRunning = false;
  };
  return {
    ...store,
    put: (envelopes) =>
      new Promise((resolve) => {
        queue.push({ envelopes, done: resolve });
        if (!isRunning) void run();
      }),
  };
};
