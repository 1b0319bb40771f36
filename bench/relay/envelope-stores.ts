import Sqlcipher from '@signalapp/sqlcipher';
import mysql from 'mysql2/promise';

/** What the minimal relay keeps an envelope in. `put` resolves when it is durable. */
export interface EnvelopeStore {
  put(id: Buffer, recipient: Buffer, payload: Buffer): Promise<void>;
  remove(ids: readonly Buffer[]): Promise<void>;
}

const placeholders = (count: number): string => Array.from({ length: count }, () => '?').join(',');

/** SQLite as durable as the server's embedded database (WAL, synchronous FULL), one commit an envelope. */
const openEmbedded = (file: string): EnvelopeStore => {
  const database = new Sqlcipher(file);
  database.pragma('journal_mode=WAL');
  database.pragma('synchronous=FULL');
  database.exec('CREATE TABLE envelope (id BLOB PRIMARY KEY, recipient BLOB NOT NULL, payload BLOB NOT NULL)');
  const insert = database.prepare('INSERT INTO envelope VALUES (?, ?, ?)');
  return {
    put: async (id, recipient, payload) => {
      insert.run([new Uint8Array(id), new Uint8Array(recipient), new Uint8Array(payload)]);
    },
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
    'CREATE TABLE baseline_envelope (id BINARY(16) PRIMARY KEY, recipient BINARY(16) NOT NULL, payload MEDIUMBLOB NOT NULL)',
  );
  return {
    put: async (id, recipient, payload) => {
      await pool.execute('INSERT INTO baseline_envelope VALUES (?, ?, ?)', [id, recipient, payload]);
    },
    remove: async (ids) => {
      await pool.query(`DELETE FROM baseline_envelope WHERE id IN (${placeholders(ids.length)})`, [...ids]);
    },
  };
};

/** Opens the store that a URL names: `embedded:/file` or `mysql://…`. */
export const openStore = async (url: string): Promise<EnvelopeStore> =>
  url.startsWith('embedded:') ? openEmbedded(url.slice('embedded:'.length)) : openMysql(url);
