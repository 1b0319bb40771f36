import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { newAccount } from '../testing/records.js';
import { DatabaseError, isUniqueViolation, scrubbed } from './database-error.js';
import { ACCOUNT } from './entities/account.js';
import { Gate } from './gate.js';
import type { Storage } from './storage.js';

const gateOf = ({ transactions }: Storage): Gate => {
  if (!(transactions instanceof Gate)) throw new Error('The storage has no gate');
  return transactions;
};

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Everything that a logger could print of an error. */
const printed = (error: unknown): string =>
  inspect(error, { depth: 20, showHidden: true }) +
  JSON.stringify(error, (_key, value: unknown) =>
    value instanceof Error
      ? { ...Object.fromEntries(Object.entries(value)), message: value.message, stack: value.stack, cause: value.cause }
      : value,
  );

const CANARY = 'canary_5f3a';

describeOnEveryDatabase('errors of the database', (databases) => {
  it('tell what happened, and none of the values', async () => {
    const { storage } = await databases.open();
    const gate = gateOf(storage);
    const secrets = () =>
      gate.use(({ manager }) =>
        manager.insert('server_secret', { name: CANARY, secret: Buffer.from(CANARY), createdAt: 1 }),
      );
    await secrets();
    const raw = () =>
      gate.use((session) =>
        session.change('INSERT INTO server_secret VALUES (?, ?, ?)', [CANARY, Buffer.from(CANARY), 1]),
      );
    for (const insert of [secrets, raw]) {
      const failure = await failureOf(insert());
      expect(failure).toBeInstanceOf(DatabaseError);
      expect(failure).toMatchObject({ kind: 'uniqueViolation', cause: { name: 'DriverError' } });
      expect(printed(failure)).toMatch(/INSERT INTO .?server_secret/);
      expect(printed(failure)).not.toContain(CANARY);
      expect(printed(failure)).not.toContain(Buffer.from(CANARY).toString('hex'));
    }
  });

  it('know a double key and a missing parent on every engine', async () => {
    const { storage } = await databases.open();
    const gate = gateOf(storage);
    const orphan = await failureOf(
      gate.use((session) =>
        session.change('INSERT INTO device_certificate VALUES (?, ?, ?, ?, ?, ?)', [
          Buffer.alloc(16, 1),
          Buffer.alloc(32, 2),
          Buffer.alloc(16, 3),
          Buffer.alloc(10),
          Buffer.alloc(64),
          Buffer.alloc(64),
        ]),
      ),
    );
    expect(orphan).toMatchObject({ kind: 'foreignKeyViolation' });
    expect(isUniqueViolation(orphan)).toBe(false);
    const account = newAccount();
    await storage.accounts.create(account);
    const row = await gate.use(({ manager }) => manager.findOneByOrFail(ACCOUNT, { accountId: account.accountId }));
    const double = await failureOf(gate.use(({ manager }) => manager.insert(ACCOUNT, row)));
    expect(isUniqueViolation(double)).toBe(true);
    expect(double).toMatchObject({ kind: 'uniqueViolation' });
  });
});

describe('scrubbing', () => {
  it('leaves what is not from a database as it is', () => {
    const bug = new TypeError('a bug');
    expect(scrubbed(bug)).toBe(bug);
    const missingFile = Object.assign(new Error('no file'), { code: 'ENOENT' });
    expect(scrubbed(missingFile)).toBe(missingFile);
  });

  it('calls a broken connection unavailable', () => {
    const broken = Object.assign(new Error('lost'), { code: 'PROTOCOL_CONNECTION_LOST' });
    expect(scrubbed(broken)).toMatchObject({ kind: 'unavailable', code: 'PROTOCOL_CONNECTION_LOST' });
  });
});
