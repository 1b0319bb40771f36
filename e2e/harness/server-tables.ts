import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlcipher from '@signalapp/sqlcipher';

export interface TableDump {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Buffer[])[];
}

const asBytes = (value: string | number | null | Uint8Array): Buffer =>
  value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(value === null ? '' : String(value));

/**
 * Every row of every table of an embedded server database, decrypted as the server itself reads it. The server must have
 * stopped, or be killed: the database is opened with the key file that lies beside it.
 */
export const dumpServerTables = (dataFolder: string): readonly TableDump[] => {
  const folder = join(dataFolder, 'database');
  const key = readFileSync(join(folder, 'server.key'), 'latin1').trim();
  const database = new Sqlcipher(join(folder, 'server.db'));
  try {
    database.pragma(`key = "x'${key}'"`);
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", { pluck: true })
      .all<string>();
    return tables.map((table) => {
      const rows = database.prepare(`SELECT * FROM "${table}"`).all<Record<string, string | number | null>>();
      return {
        table,
        columns: Object.keys(rows[0] ?? {}),
        rows: rows.map((row) => Object.values(row).map(asBytes)),
      };
    });
  } finally {
    database.close();
  }
};

/** Ways in which a text could lie readable in a column. */
const spellings = (text: string): readonly Buffer[] => {
  const bytes = Buffer.from(text);
  return [
    bytes,
    Buffer.from(text, 'utf16le'),
    Buffer.from(bytes.toString('hex')),
    // The ends depend on what stands beside them; the middle of a base64 text does not, at the right offset.
    ...(['base64', 'base64url'] as const).flatMap((form) =>
      [0, 1, 2].map((offset) => Buffer.from(bytes.subarray(offset).toString(form).slice(0, -4))),
    ),
  ];
};

/** Where a text can be read in the dump: `table.column`, for each hit. */
export const findReadable = (dump: readonly TableDump[], text: string): readonly string[] =>
  dump.flatMap(({ table, columns, rows }) =>
    rows.flatMap((row) =>
      row.flatMap((value, column) =>
        spellings(text).some((spelling) => value.includes(spelling)) ? [`${table}.${columns[column] ?? '?'}`] : [],
      ),
    ),
  );
