import type { AccountId } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import type {
  AppendOutcome,
  DeviceListHead,
  DeviceListPlace,
  DeviceListRepository,
  DeviceListStep,
} from './device-list-repository.js';
import type { DeviceCertificate } from './device-repository.js';
import { DEVICE_LIST, type DeviceListRow } from './entities/device-list.js';
import type { Gate } from './gate.js';
import { lockAccount } from './row-locks.js';
import { bytesFrom, bytesParameter, hex, idParameter, instantFrom, integerFrom, type Row } from './row-values.js';
import type { Session } from './session.js';
import { CERTIFICATE_COLUMNS, certificateOf } from './sql-device-repository.js';
import { inChunks, padded, placeholders } from './sql-lists.js';

const SELECT_STEPS =
  'SELECT epoch, number, bytes, signature, list_hash, previous_hash, received_at, receipt_signature FROM device_list WHERE account_id = ?';

const stepOf = (row: Row): DeviceListStep => ({
  epoch: integerFrom(row['epoch']),
  number: integerFrom(row['number']),
  bytes: bytesFrom(row['bytes']),
  signature: bytesFrom(row['signature']),
  hash: bytesFrom(row['list_hash']),
  previousHash: bytesFrom(row['previous_hash']),
  receivedAt: instantFrom(row['received_at']),
  receiptSignature: bytesFrom(row['receipt_signature']),
});

const headOf = async (session: Session, accountId: AccountId): Promise<DeviceListHead | undefined> => {
  const [row] = await session.rows(
    'SELECT epoch, number, list_hash FROM device_list WHERE account_id = ? ORDER BY epoch DESC, number DESC LIMIT 1',
    [idParameter(accountId)],
  );
  if (row === undefined) return undefined;
  return {
    epoch: integerFrom(row['epoch']),
    number: integerFrom(row['number']),
    hash: bytesFrom(row['list_hash']),
  };
};

/** As text: epoch, number and hash say the same, or the heads differ. */
const placeText = (head: DeviceListHead | undefined): string =>
  head === undefined ? 'none' : `${head.epoch}/${head.number}/${hex(head.hash)}`;

const isBeyond = (place: DeviceListPlace, head: DeviceListPlace | undefined): boolean =>
  head === undefined || place.epoch > head.epoch || (place.epoch === head.epoch && place.number > head.number);

export class SqlDeviceListRepository implements DeviceListRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  count(accountId: AccountId): Promise<number> {
    return this.#gate.use(async (session) => {
      const [row] = await session.rows('SELECT COUNT(*) AS steps FROM device_list WHERE account_id = ?', [
        idParameter(accountId),
      ]);
      return integerFrom(row?.['steps']);
    });
  }

  head(accountId: AccountId): Promise<DeviceListHead | undefined> {
    return this.#gate.use((session) => headOf(session, accountId));
  }

  append(accountId: AccountId, expected: DeviceListHead | undefined, step: DeviceListStep): Promise<AppendOutcome> {
    return this.#gate.transaction(async (session) => {
      if (!(await lockAccount(session, accountId))) return { type: 'conflict', head: undefined };
      const head = await headOf(session, accountId);
      if (placeText(head) !== placeText(expected)) return { type: 'conflict', head };
      // Behind the head it would be stored without ever becoming the head: the caller has verified less than it must.
      if (!isBeyond(step, head)) throw new Error('A device list was appended that is not beyond its predecessor');
      await session.manager.insert<DeviceListRow>(DEVICE_LIST, {
        accountId,
        epoch: step.epoch,
        number: step.number,
        bytes: step.bytes,
        signature: step.signature,
        listHash: step.hash,
        previousHash: step.previousHash,
        receivedAt: step.receivedAt,
        receiptSignature: step.receiptSignature,
      });
      return { type: 'appended' };
    });
  }

  page(
    accountId: AccountId,
    after: DeviceListPlace | undefined,
    limit: number,
  ): Promise<{ readonly steps: readonly DeviceListStep[]; readonly more: boolean }> {
    const account = idParameter(accountId);
    // One row beyond the page tells whether there is more.
    const [sql, parameters] =
      after === undefined
        ? [
            `${SELECT_STEPS} AND epoch = (SELECT MAX(epoch) FROM device_list WHERE account_id = ?) ORDER BY epoch, number LIMIT ?`,
            [account, account, limit + 1],
          ]
        : [
            `${SELECT_STEPS} AND (epoch > ? OR (epoch = ? AND number > ?)) ORDER BY epoch, number LIMIT ?`,
            [account, after.epoch, after.epoch, after.number, limit + 1],
          ];
    return this.#gate.use(async (session) => {
      const rows = await session.rows(sql, parameters);
      return { steps: rows.slice(0, limit).map(stepOf), more: rows.length > limit };
    });
  }

  certificates(accountId: AccountId, hashes: readonly Bytes[]): Promise<ReadonlyMap<string, DeviceCertificate>> {
    return this.#gate.use(async (session) => {
      const found = new Map<string, DeviceCertificate>();
      for (const chunk of inChunks(hashes)) {
        const wanted = padded(chunk).map(bytesParameter);
        const rows = await session.rows(
          `SELECT ${CERTIFICATE_COLUMNS} FROM device_certificate c WHERE c.account_id = ? AND c.certificate_hash IN (${placeholders(wanted)})`,
          [idParameter(accountId), ...wanted],
        );
        for (const row of rows) {
          const certificate = certificateOf(row);
          found.set(hex(certificate.hash), certificate);
        }
      }
      return found;
    });
  }
}
