import { afterAll, afterEach, beforeAll, describe, it } from '@jest/globals';
import { hasMariaDb, startPrivateMariaDb } from './private-mariadb.js';
import type { DatabaseServer } from './private-mysql-server.js';
import {
  emptyPlace,
  openTestDatabase,
  type DatabasePlace,
  type EmptyPlace,
  type TestDatabase,
} from './test-database.js';

/** What a suite gets: fresh databases that vanish after each test. */
export interface Databases {
  /** Which engine the suite runs on. */
  readonly engine: Engine;
  open(): Promise<TestDatabase>;
  /** A place with nothing in it. What the test opens there it must close itself. */
  empty(): Promise<EmptyPlace>;
}

export type Engine = 'embedded' | 'MariaDB' | 'MySQL';

/** A new server writes its first tables with every step on the disk, which takes long where others write too. */
const START_TIMEOUT_MS = 180_000;

/** Defines `suite` for one engine; `start` makes its place before the first test, `stop` ends it after the last. */
const describeOn = (
  name: string,
  engine: Engine,
  ground: { start(): Promise<DatabasePlace>; stop(): Promise<void> },
  suite: (databases: Databases) => void,
): void => {
  describe(`${name} (${engine})`, () => {
    let place: DatabasePlace | undefined;
    let removals: (() => Promise<void>)[] = [];
    beforeAll(async () => {
      place = await ground.start();
    }, START_TIMEOUT_MS);
    afterEach(async () => {
      const pending = removals;
      removals = [];
      await Promise.all(pending.map((remove) => remove()));
    });
    afterAll(() => ground.stop(), START_TIMEOUT_MS);
    const started = (): DatabasePlace => {
      if (place === undefined) throw new Error('Databases are there only inside tests');
      return place;
    };
    const kept = <Made extends { remove(): Promise<void> }>(made: Made): Made => {
      removals.push(() => made.remove());
      return made;
    };
    suite({
      engine,
      open: async () => kept(await openTestDatabase(started())),
      empty: async () => kept(await emptyPlace(started())),
    });
  });
};

const nothing = async (): Promise<void> => undefined;

const onMariaDb = (name: string, suite: (databases: Databases) => void): void => {
  if (!hasMariaDb()) {
    const reason = `${name}: not run on MariaDB, because mariadbd is not installed (apt-get install mariadb-server)`;
    if (process.env['CI'] === 'true')
      it(`${name} (MariaDB)`, () => {
        throw new Error(reason);
      });
    else process.stderr.write(`${reason}\n`);
    return;
  }
  let server: DatabaseServer | undefined;
  const start = async () => {
    server = await startPrivateMariaDb();
    return { serverUrl: server.url };
  };
  describeOn(name, 'MariaDB', { start, stop: async () => server?.stop() }, suite);
};

/**
 * Runs one suite on the embedded engine and on a private MariaDB or, where `SOTTO_MYSQL_URL` names a server (`npm run test:mysql`
 * does), on that real MySQL in its place.
 */
export const describeOnEveryDatabase = (name: string, suite: (databases: Databases) => void): void => {
  describeOn(name, 'embedded', { start: async () => 'embedded', stop: nothing }, suite);
  const serverUrl = process.env['SOTTO_MYSQL_URL'];
  if (serverUrl === undefined || serverUrl === '') onMariaDb(name, suite);
  else describeOn(name, 'MySQL', { start: async () => ({ serverUrl }), stop: nothing }, suite);
};
