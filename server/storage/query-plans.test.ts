import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { systemRandom } from '@sotto/crypto';
import type { DataSource } from 'typeorm';
import { newLink } from '../testing/client/link-flow.js';
import { fetchRequestOf, uploadBlob } from '../testing/client/recover-account.js';
import { call, succeed } from '../testing/client/rest-calls.js';
import {
  describeServer,
  registerPerson,
  sendTo,
  signInPerson,
  type TestServer,
  type TestServers,
} from '../testing/client/test-servers.js';
import { bytes } from '../testing/records.js';
import { connectDataSource } from './data-source.js';
import { parseDatabaseUrl } from './database-url.js';

interface Logged {
  readonly command: string;
  readonly statement: Buffer | string;
}

interface PlanRow {
  readonly table: string | null;
  readonly type: string | null;
  readonly possible_keys: string | null;
  readonly key: string | null;
}

const ANALYSED = /^\s*(select|update|delete)\b/i;
/** Of the database itself and of TypeORM's start. */
const NOT_OURS =
  /information_schema|performance_schema|@@|\bmigrations\b|general_log|DATABASE\(\)|SCHEMA\(\)|VERSION\(\)/i;

/** The statistics of the host, which a job counts now and then and nobody waits for. */
const WHOLE_BY_DESIGN = /^SELECT CAST\(COALESCE\(SUM\(size\), 0\) AS SIGNED\) AS number FROM archive_segment$/;

/** A prepared statement with something in the place of its values: texts compare with numbers and bytes by the index alike. */
const filledIn = (statement: string): string => statement.replace(/LIMIT \?/gi, 'LIMIT 10').replaceAll('?', "'1'");

const shapeOf = (statement: string): string => statement.replace(/'1'(?:, '1')+/g, "'1'");

/** Everything that the server asks while people do what they do. */
const recordStatements = async (dataSource: DataSource, live: () => Promise<void>): Promise<readonly string[]> => {
  await dataSource.query("SET GLOBAL log_output = 'TABLE'");
  await dataSource.query('SET GLOBAL general_log = 1');
  await live();
  await dataSource.query('SET GLOBAL general_log = 0');
  const logged: Logged[] = await dataSource.query(
    "SELECT command_type AS command, argument AS statement FROM mysql.general_log WHERE command_type IN ('Prepare', 'Query')",
  );
  const statements = logged.map(({ statement }) => filledIn(statement.toString()));
  const ours = statements.filter(
    (statement) => ANALYSED.test(statement) && ![NOT_OURS, WHOLE_BY_DESIGN].some((pattern) => pattern.test(statement)),
  );
  return [...new Map(ours.map((statement) => [shapeOf(statement), statement])).values()];
};

/** Where a statement would read a whole table, because no index begins with what it asks for. */
const scansOf = async (dataSource: DataSource, statement: string): Promise<readonly string[]> => {
  const plan: PlanRow[] = await dataSource.query(`EXPLAIN FORMAT=TRADITIONAL ${statement}`);
  return plan
    .filter(({ table }) => table !== null && !table.startsWith('<'))
    .filter(({ possible_keys, key }) => possible_keys === null && key === null)
    .map(({ table }) => `${table ?? ''}: ${statement}`);
};

const live = async (servers: TestServers, server: TestServer): Promise<void> => {
  const { address } = server;
  const storage = await server.storage();
  const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
  await uploadBlob(server, anna.account, anna.token);
  const flow = await (await newLink(server, anna, { storage })).upTo('activated');
  await signInPerson(server, anna.account, flow.material.device);
  await succeed(address, 'fetchRecovery', { body: fetchRequestOf(anna.account.keys.recoverySeed) });
  const { token } = boris;
  await succeed(address, 'findAccount', { token, body: { username: anna.account.username } });
  await succeed(address, 'deviceList', { params: { accountId: anna.account.accountId }, query: {} });
  const deviceIds = [anna.account.deviceId, flow.material.device.deviceId];
  await succeed(address, 'claimPreKeys', { token, body: { accountId: anna.account.accountId, deviceIds } });
  for (const name of ['preKeyCounts', 'ownDevices', 'ownAccount', 'senderCertificate', 'storageRecord'] as const)
    await succeed(address, name, { token });
  const record = { version: 1, record: bytes(100) };
  await succeed(address, 'putStorageRecord', { token, body: record });
  const archiveId = randomUUID();
  await succeed(address, 'putArchiveSegment', { token, params: { archiveId, number: '0' }, body: bytes(500) });
  await succeed(address, 'deleteArchive', { token, params: { archiveId } });
  await call(address, 'signIn', { body: { identifier: anna.account.username, secret: systemRandom.bytes(32) } });
  const sender = await servers.open(server, boris);
  const envelopes = [anna.account.keys.device, flow.material.device].map((device) => ({
    deviceId: device.deviceId,
    registrationId: device.registrationId,
    envelopeId: randomUUID() as never,
    ciphertext: bytes(200),
  }));
  await sender.request(sendTo(anna.account, { envelopes }));
  const receiver = await servers.open(server, anna);
  await receiver.deliveredCount(1);
  await receiver.request({ type: 'acknowledge', envelopeIds: receiver.delivered.map(({ envelopeId }) => envelopeId) });
  await storage.mailbox.deleteExpired(server.clock.now(), 10);
};

describeServer('What the server asks of its database', (servers) => {
  if (servers.databases.engine === 'embedded') {
    it('is looked at where plans can be asked for all statements: on MariaDB and MySQL', () =>
      expect(servers.databases.engine).toBe('embedded'));
    return;
  }

  it('never reads a whole table where a person waits for it', async () => {
    const server = await servers.start();
    const dataSource = await connectDataSource(parseDatabaseUrl(server.databaseUrl));
    servers.onEnd(() => dataSource.destroy());
    const statements = await recordStatements(dataSource, () => live(servers, server));
    expect(statements.length).toBeGreaterThan(40);
    const scans = await Promise.all(statements.map((statement) => scansOf(dataSource, statement)));
    expect(scans.flat()).toEqual([]);
  });

  it('would be seen, were it a whole table', async () => {
    const server = await servers.start();
    const dataSource = await connectDataSource(parseDatabaseUrl(server.databaseUrl));
    servers.onEnd(() => dataSource.destroy());
    expect(await scansOf(dataSource, "SELECT position FROM envelope WHERE kind = '1'")).toHaveLength(1);
    expect(await scansOf(dataSource, "SELECT kind FROM envelope WHERE account_id = '1'")).toEqual([]);
  });
});
