import type { DeviceAddress } from './device-repository.js';
import { isUniqueViolation } from './database-error.js';
import type { Gate } from './gate.js';
import type {
  ClaimedPreKeys,
  OneTimePreKey,
  PreKeyCounts,
  PreKeyRepository,
  PreKeyUpload,
  PublishOutcome,
  SignedPreKey,
} from './pre-key-repository.js';
import { addressParameters, lockDevice } from './row-locks.js';
import { bytesFrom, bytesParameter, integerFrom, type Parameter, type Row } from './row-values.js';
import type { Session } from './session.js';
import { inChunks, repeated } from './sql-lists.js';

const OF_DEVICE = 'account_id = ? AND device_id = ?';

const oneTimeKeyOf = (row: Row): OneTimePreKey => ({
  id: integerFrom(row['key_id']),
  publicKey: bytesFrom(row['public_key']),
});

const signedKeyOf = (row: Row): SignedPreKey => ({ ...oneTimeKeyOf(row), signature: bytesFrom(row['signature']) });

interface OneTimeTable<Key> {
  readonly name: 'one_time_pre_key' | 'one_time_kyber_pre_key';
  readonly columns: readonly string[];
  readonly keyOf: (row: Row) => Key;
  readonly parametersOf: (key: Key) => Parameter[];
}

const ONE_TIME: OneTimeTable<OneTimePreKey> = {
  name: 'one_time_pre_key',
  columns: ['key_id', 'public_key'],
  keyOf: oneTimeKeyOf,
  parametersOf: (key) => [key.id, bytesParameter(key.publicKey)],
};

const ONE_TIME_KYBER: OneTimeTable<SignedPreKey> = {
  name: 'one_time_kyber_pre_key',
  columns: ['key_id', 'public_key', 'signature'],
  keyOf: signedKeyOf,
  parametersOf: (key) => [key.id, bytesParameter(key.publicKey), bytesParameter(key.signature)],
};

type SignedTable = 'signed_pre_key' | 'kyber_last_resort_pre_key';

const replaceSigned = async (
  session: Session,
  table: SignedTable,
  address: DeviceAddress,
  key: SignedPreKey,
): Promise<void> => {
  const values = [key.id, bytesParameter(key.publicKey), bytesParameter(key.signature)];
  const device = addressParameters(address);
  const changed = await session.change(
    `UPDATE ${table} SET key_id = ?, public_key = ?, signature = ? WHERE ${OF_DEVICE}`,
    [...values, ...device],
  );
  // The device is locked: nobody inserts between the two statements.
  if (changed === 0)
    await session.change(
      `INSERT INTO ${table} (account_id, device_id, key_id, public_key, signature) VALUES (?, ?, ?, ?, ?)`,
      [...device, ...values],
    );
};

const insertOneTime = async <Key>(
  session: Session,
  table: OneTimeTable<Key>,
  address: DeviceAddress,
  keys: readonly Key[],
): Promise<void> => {
  const device = addressParameters(address);
  const row = `(?, ?, ${repeated('?', table.columns.length, ', ')})`;
  for (const chunk of inChunks(keys))
    await session.change(
      `INSERT INTO ${table.name} (account_id, device_id, ${table.columns.join(', ')}) VALUES ${repeated(row, chunk.length, ', ')}`,
      chunk.flatMap((key) => [...device, ...table.parametersOf(key)]),
    );
};

/**
 * Find, delete, and accept only if this call deleted the row: of any number of claimers one gets it, on every engine and without
 * locks that only some of them have. A lost round means that another claimer won it, so somebody always gets on.
 */
const takeOneTime = async <Key>(
  session: Session,
  table: OneTimeTable<Key>,
  address: DeviceAddress,
): Promise<Key | undefined> => {
  const device = addressParameters(address);
  for (;;) {
    const [row] = await session.rows(
      `SELECT ${table.columns.join(', ')} FROM ${table.name} WHERE ${OF_DEVICE} ORDER BY key_id LIMIT 1`,
      device,
    );
    if (row === undefined) return undefined;
    const deleted = await session.change(`DELETE FROM ${table.name} WHERE ${OF_DEVICE} AND key_id = ?`, [
      ...device,
      integerFrom(row['key_id']),
    ]);
    if (deleted === 1) return table.keyOf(row);
  }
};

const findSigned = async (
  session: Session,
  table: SignedTable,
  address: DeviceAddress,
): Promise<SignedPreKey | undefined> => {
  const [row] = await session.rows(
    `SELECT key_id, public_key, signature FROM ${table} WHERE ${OF_DEVICE}`,
    addressParameters(address),
  );
  return row === undefined ? undefined : signedKeyOf(row);
};

const countOf = async (
  session: Session,
  table: OneTimeTable<never>['name'],
  address: DeviceAddress,
): Promise<number> => {
  const [row] = await session.rows(
    `SELECT COUNT(*) AS key_count FROM ${table} WHERE ${OF_DEVICE}`,
    addressParameters(address),
  );
  return integerFrom(row?.['key_count']);
};

const countsOf = async (session: Session, address: DeviceAddress): Promise<PreKeyCounts> => ({
  oneTimePreKeys: await countOf(session, ONE_TIME.name, address),
  oneTimeKyberPreKeys: await countOf(session, ONE_TIME_KYBER.name, address),
});

export class SqlPreKeyRepository implements PreKeyRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  publish(address: DeviceAddress, upload: PreKeyUpload, mostPerKind: number): Promise<PublishOutcome> {
    return this.#gate.transaction(async (session, abandon) => {
      if (!(await lockDevice(session, address))) return { type: 'unknownDevice' };
      const stored = await countsOf(session, address);
      const counts = {
        oneTimePreKeys: stored.oneTimePreKeys + upload.oneTimePreKeys.length,
        oneTimeKyberPreKeys: stored.oneTimeKyberPreKeys + upload.oneTimeKyberPreKeys.length,
      };
      if (Math.max(counts.oneTimePreKeys, counts.oneTimeKyberPreKeys) > mostPerKind)
        return { type: 'tooMany', counts: stored };
      try {
        await insertOneTime(session, ONE_TIME, address, upload.oneTimePreKeys);
        await insertOneTime(session, ONE_TIME_KYBER, address, upload.oneTimeKyberPreKeys);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        return abandon({ type: 'duplicateKeyId' });
      }
      const { signedPreKey, lastResortKyberPreKey } = upload;
      if (signedPreKey !== undefined) await replaceSigned(session, 'signed_pre_key', address, signedPreKey);
      if (lastResortKyberPreKey !== undefined)
        await replaceSigned(session, 'kyber_last_resort_pre_key', address, lastResortKyberPreKey);
      return { type: 'published', counts };
    });
  }

  counts(address: DeviceAddress): Promise<PreKeyCounts> {
    return this.#gate.use((session) => countsOf(session, address));
  }

  clear(address: DeviceAddress): Promise<void> {
    return this.#gate.transaction(async (session) => {
      await lockDevice(session, address);
      for (const table of ['signed_pre_key', 'kyber_last_resort_pre_key', ONE_TIME.name, ONE_TIME_KYBER.name])
        await session.change(`DELETE FROM ${table} WHERE account_id = ? AND device_id = ?`, addressParameters(address));
    });
  }

  claim(address: DeviceAddress, kinds: 'oneTime' | 'lastResortOnly'): Promise<ClaimedPreKeys | undefined> {
    return this.#gate.use(async (session) => {
      const signedPreKey = await findSigned(session, 'signed_pre_key', address);
      const lastResort = await findSigned(session, 'kyber_last_resort_pre_key', address);
      if (signedPreKey === undefined || lastResort === undefined) return undefined;
      if (kinds === 'lastResortOnly')
        return { signedPreKey, kyberPreKey: lastResort, kyberIsLastResort: true, oneTimePreKey: undefined };
      const oneTimePreKey = await takeOneTime(session, ONE_TIME, address);
      const oneTimeKyber = await takeOneTime(session, ONE_TIME_KYBER, address);
      return {
        signedPreKey,
        kyberPreKey: oneTimeKyber ?? lastResort,
        kyberIsLastResort: oneTimeKyber === undefined,
        oneTimePreKey,
      };
    });
  }

  purgeOneTimePreKeys(): Promise<void> {
    return this.#gate.transaction(async (session) => {
      await session.change(`DELETE FROM ${ONE_TIME.name}`, []);
      await session.change(`DELETE FROM ${ONE_TIME_KYBER.name}`, []);
    });
  }
}
