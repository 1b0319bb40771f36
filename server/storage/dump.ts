import { MIGRATIONS } from '@sotto/migrations';
import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import { z } from 'zod';
import { connectDataSource } from './data-source.js';
import { parseDatabaseUrl } from './database-url.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

/**
 * The whole database as lines of text, the same for every engine: a backup that was written on one can be taken up on another, which
 * is also how a host moves from the embedded database to MySQL. First a {@link Header}, then one line a row, then a {@link Footer}.
 */
const FORMAT = 'sotto-server-dump/1';
const ROWS_AT_ONCE = 500;

const Header = z.strictObject({
  format: z.literal(FORMAT),
  /** The schema, by the names of the migrations that made it. */
  migrations: z.array(z.string().max(128)),
  createdAt: z.number().int(),
});
const Value = z.union([z.null(), z.string(), z.number().int(), z.strictObject({ b: z.base64() })]);
const DumpedRow = z.strictObject({ t: z.string().max(64), r: z.record(z.string().max(64), Value) });
const Footer = z.strictObject({ end: z.literal(true), rows: z.record(z.string(), z.number().int()) });

type DumpedValue = z.infer<typeof Value>;

const isMysql = (dataSource: DataSource): boolean => dataSource.options.type !== 'better-sqlite3';

/** Parents before those that name them: the order in which the entities stand. */
const tablesOf = (dataSource: DataSource): readonly EntityMetadata[] => dataSource.entityMetadatas;

const columnsOf = (table: EntityMetadata): string[] => table.columns.map(({ databaseName }) => databaseName);
const keyOf = (table: EntityMetadata): string[] => table.primaryColumns.map(({ databaseName }) => databaseName);

/** What comes after a key, in a form of which both engines use the index: `a >= ? AND (a > ? OR (a = ? AND (b > ?)))`. */
const after = (key: readonly string[], values: readonly unknown[]): { sql: string; parameters: unknown[] } => {
  const [column, ...others] = key;
  if (column === undefined) return { sql: '1 = 0', parameters: [] };
  const [value, ...rest] = values;
  if (others.length === 0) return { sql: `${column} > ?`, parameters: [value] };
  const inner = after(others, rest);
  return {
    sql: `${column} >= ? AND (${column} > ? OR (${column} = ? AND (${inner.sql})))`,
    parameters: [value, value, value, ...inner.parameters],
  };
};

const dumped = (value: unknown): DumpedValue => {
  if (value instanceof Uint8Array)
    return { b: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new Error('The database holds a value that no column of ours can have.');
};

const restored = (value: DumpedValue): unknown =>
  typeof value === 'object' && value !== null ? Buffer.from(value.b, 'base64') : value;

async function* rowsOf(runner: QueryRunner, table: EntityMetadata): AsyncGenerator<Record<string, unknown>> {
  const [columns, key] = [columnsOf(table), keyOf(table)];
  let last: readonly unknown[] | undefined;
  for (;;) {
    const where = last === undefined ? { sql: '1 = 1', parameters: [] } : after(key, last);
    const rows = (await runner.query(
      `SELECT ${columns.join(', ')} FROM ${table.tableName} WHERE ${where.sql} ORDER BY ${key.join(', ')} LIMIT ${ROWS_AT_ONCE}`,
      where.parameters,
    )) as Record<string, unknown>[];
    yield* rows;
    const final = rows.at(-1);
    if (final === undefined || rows.length < ROWS_AT_ONCE) return;
    last = key.map((column) => final[column]);
  }
}

const ledgerOf = async (runner: QueryRunner): Promise<string[]> => {
  const rows = (await runner.query('SELECT name FROM migrations ORDER BY id')) as { readonly name: string }[];
  return rows.map(({ name }) => name);
};

/** Lines of the whole database as it is at one moment, while others go on reading and writing. */
export async function* dumpDatabase(url: string, createdAt: number): AsyncGenerator<string> {
  const dataSource = await connectDataSource(parseDatabaseUrl(url));
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    if (isMysql(dataSource)) {
      await runner.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await runner.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    } else await runner.query('BEGIN');
    yield JSON.stringify({ format: FORMAT, migrations: await ledgerOf(runner), createdAt });
    const counts: Record<string, number> = {};
    for (const table of tablesOf(dataSource)) {
      counts[table.tableName] = 0;
      for await (const row of rowsOf(runner, table)) {
        const values = Object.fromEntries(Object.entries(row).map(([column, value]) => [column, dumped(value)]));
        yield JSON.stringify({ t: table.tableName, r: values });
        counts[table.tableName] = (counts[table.tableName] ?? 0) + 1;
      }
    }
    yield JSON.stringify({ end: true, rows: counts });
    await runner.query('ROLLBACK');
  } finally {
    await runner.release();
    await dataSource.destroy();
  }
}

const parsed = <Schema extends z.ZodType>(schema: Schema, line: string, what: string): z.output<Schema> => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  const verdict = schema.safeParse(value);
  if (!verdict.success) throw new UnusableDatabaseError(`The backup is damaged: ${what}. Nothing was changed.`);
  return verdict.data;
};

const requireSchema = async (runner: QueryRunner, { migrations }: z.infer<typeof Header>): Promise<void> => {
  const present = await ledgerOf(runner);
  if (JSON.stringify(present) === JSON.stringify(migrations)) return;
  const known = new Set(MIGRATIONS.map(({ name }) => name));
  throw new UnusableDatabaseError(
    migrations.every((name) => known.has(name))
      ? 'The backup was written by an earlier version of Sotto. Restore it with that version, then update.'
      : 'The backup was written by a newer version of Sotto. Restore it with that version.',
  );
};

const requireEmpty = async (runner: QueryRunner): Promise<void> => {
  const [row] = (await runner.query('SELECT COUNT(*) AS number FROM account')) as { readonly number: unknown }[];
  if (Number(row?.number) > 0)
    throw new UnusableDatabaseError(
      'The database has accounts. Restore into an empty one: name another with DATABASE_URL, or move this one away.',
    );
};

const insert = async (
  runner: QueryRunner,
  table: EntityMetadata,
  row: z.infer<typeof DumpedRow>['r'],
): Promise<void> => {
  const columns = columnsOf(table);
  const given = Object.keys(row);
  if (given.length !== columns.length || !given.every((column) => columns.includes(column)))
    throw new UnusableDatabaseError(`The backup is damaged: a row of ${table.tableName} has other columns.`);
  try {
    await runner.query(
      `INSERT INTO ${table.tableName} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      columns.map((column) => restored(row[column] ?? null)),
    );
  } catch (error) {
    throw new UnusableDatabaseError(
      `The backup is damaged: a row of ${table.tableName} cannot stand where it stands. Nothing was changed.`,
      { cause: error },
    );
  }
};

/** Takes the lines of a dump one by one, inside a transaction of its caller. */
class Restoration {
  readonly #runner: QueryRunner;
  readonly #tables: ReadonlyMap<string, EntityMetadata>;
  readonly #counts = new Map<string, number>();
  #hasBegun = false;
  #footer: z.infer<typeof Footer> | undefined;

  constructor(runner: QueryRunner, tables: readonly EntityMetadata[]) {
    this.#runner = runner;
    this.#tables = new Map(tables.map((table) => [table.tableName, table]));
  }

  async take(line: string): Promise<void> {
    if (!this.#hasBegun) await this.#begin(parsed(Header, line, 'its first line is not that of a dump'));
    else if (line.startsWith('{"end"')) this.#footer = parsed(Footer, line, 'its last line is cut');
    else await this.#insert(parsed(DumpedRow, line, 'a line is not a row'));
  }

  /** How many rows there are now. Throws if not all have come. */
  finish(): number {
    const expected = Object.entries(this.#footer?.rows ?? {}).filter(([, rows]) => rows > 0);
    if (this.#footer === undefined || expected.some(([table, rows]) => this.#counts.get(table) !== rows))
      throw new UnusableDatabaseError('The backup is cut short. Nothing was changed.');
    return [...this.#counts.values()].reduce((sum, rows) => sum + rows, 0);
  }

  async #begin(header: z.infer<typeof Header>): Promise<void> {
    await requireSchema(this.#runner, header);
    await requireEmpty(this.#runner);
    // What the server of this database made for itself at its first start gives way to what the backup has.
    for (const name of [...this.#tables.keys()].toReversed()) await this.#runner.query(`DELETE FROM ${name}`);
    this.#hasBegun = true;
  }

  async #insert({ t, r }: z.infer<typeof DumpedRow>): Promise<void> {
    const table = this.#tables.get(t);
    if (table === undefined || this.#footer !== undefined)
      throw new UnusableDatabaseError('The backup is damaged: it has rows where none belong. Nothing was changed.');
    await insert(this.#runner, table, r);
    this.#counts.set(t, (this.#counts.get(t) ?? 0) + 1);
  }
}

/** Fills a migrated database without accounts from the lines of a dump, all of it or nothing; answers how many rows. */
export const restoreDatabase = async (url: string, lines: AsyncIterable<string>): Promise<number> => {
  const dataSource = await connectDataSource(parseDatabaseUrl(url));
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    await runner.startTransaction();
    const restoration = new Restoration(runner, tablesOf(dataSource));
    for await (const line of lines) await restoration.take(line);
    const rows = restoration.finish();
    await runner.commitTransaction();
    return rows;
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    throw error;
  } finally {
    await runner.release();
    await dataSource.destroy();
  }
};
