import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import {
  UNKNOWN_REGISTRATION_ID,
  type DeliveryTarget,
  type Device,
  type DeviceAddress,
  type DeviceCertificate,
  type DeviceRepository,
  type NewDevice,
} from './device-repository.js';
import { isUniqueViolation } from './database-error.js';
import { DEVICE, DEVICE_CERTIFICATE, type DeviceCertificateRow, type DeviceRow } from './entities/device.js';
import type { Gate } from './gate.js';
import { addressParameters } from './row-locks.js';
import {
  accountIdFrom,
  bytesFrom,
  deviceIdFrom,
  idParameter,
  instantFrom,
  integerFrom,
  optional,
  type Parameter,
  type Row,
} from './row-values.js';
import type { Session } from './session.js';
import { inChunks, padded, placeholders, ROWS_PER_BATCH } from './sql-lists.js';

const DAY_MS = 86_400_000;

export const CERTIFICATE_COLUMNS = 'c.bytes, c.signing_key_signature, c.identity_key_signature, c.certificate_hash';

export const certificateOf = (row: Row): DeviceCertificate => ({
  bytes: bytesFrom(row['bytes']),
  signingKeySignature: bytesFrom(row['signing_key_signature']),
  identityKeySignature: bytesFrom(row['identity_key_signature']),
  hash: bytesFrom(row['certificate_hash']),
});

const SELECT_DEVICES =
  'SELECT d.account_id, d.device_id, d.signing_key, d.identity_key, d.link_key, d.registration_id, d.linked_at, d.last_seen_day, ' +
  `${CERTIFICATE_COLUMNS} FROM device d JOIN device_certificate c ` +
  'ON c.account_id = d.account_id AND c.certificate_hash = d.certificate_hash WHERE d.account_id = ?';

const deviceOf = (row: Row): Device => {
  const lastSeenDay = optional(row['last_seen_day'], integerFrom);
  return {
    accountId: accountIdFrom(row['account_id']),
    deviceId: deviceIdFrom(row['device_id']),
    certificate: certificateOf(row),
    signingKey: bytesFrom(row['signing_key']),
    identityKey: bytesFrom(row['identity_key']),
    linkKey: optional(row['link_key'], bytesFrom),
    registrationId: integerFrom(row['registration_id']),
    linkedAt: instantFrom(row['linked_at']),
    lastSeenAt: lastSeenDay === undefined ? undefined : instantFrom(lastSeenDay * DAY_MS),
  };
};

const keepCertificate = async ({ manager }: Session, device: NewDevice): Promise<void> => {
  const { accountId, deviceId, certificate } = device;
  // Kept from an earlier life of the device, if it has been on the list before with this certificate.
  const known = await manager.existsBy<DeviceCertificateRow>(DEVICE_CERTIFICATE, {
    accountId,
    certificateHash: certificate.hash,
  });
  if (!known)
    await manager.insert<DeviceCertificateRow>(DEVICE_CERTIFICATE, {
      accountId,
      certificateHash: certificate.hash,
      deviceId,
      bytes: certificate.bytes,
      signingKeySignature: certificate.signingKeySignature,
      identityKeySignature: certificate.identityKeySignature,
    });
};

const insertDevice = async (session: Session, device: NewDevice): Promise<void> => {
  await keepCertificate(session, device);
  const { accountId, deviceId, certificate } = device;
  await session.manager.insert<DeviceRow>(DEVICE, {
    accountId,
    deviceId,
    certificateHash: certificate.hash,
    signingKey: device.signingKey,
    identityKey: device.identityKey,
    linkKey: device.linkKey ?? null,
    registrationId: device.registrationId,
    linkedAt: device.linkedAt,
    lastSeenDay: null,
    expiredEnvelopes: 0,
  });
};

export class SqlDeviceRepository implements DeviceRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  activate(device: NewDevice): Promise<{ readonly type: 'activated' } | { readonly type: 'deviceExists' }> {
    return this.#gate.transaction(async (session, abandon) => {
      try {
        await insertDevice(session, device);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        return abandon({ type: 'deviceExists' });
      }
      return { type: 'activated' };
    });
  }

  recertify(device: NewDevice): Promise<void> {
    return this.#gate.transaction(async (session) => {
      await keepCertificate(session, device);
      const { accountId, deviceId } = device;
      const { affected } = await session.manager.update<DeviceRow>(
        DEVICE,
        { accountId, deviceId },
        {
          certificateHash: device.certificate.hash,
          signingKey: device.signingKey,
          linkKey: device.linkKey ?? null,
          registrationId: device.registrationId,
          linkedAt: device.linkedAt,
        },
      );
      if (affected !== 1) throw new Error('A device was to be certified anew that is not active');
    });
  }

  nameRegistration(address: DeviceAddress, registrationId: number): Promise<void> {
    return this.#gate.use(async (session) => {
      await session.change(
        'UPDATE device SET registration_id = ? WHERE account_id = ? AND device_id = ? AND registration_id = ?',
        [registrationId, ...addressParameters(address), UNKNOWN_REGISTRATION_ID],
      );
    });
  }

  find(address: DeviceAddress): Promise<Device | undefined> {
    return this.#gate.use(async (session) => {
      const [row] = await session.rows(`${SELECT_DEVICES} AND d.device_id = ?`, addressParameters(address));
      return row === undefined ? undefined : deviceOf(row);
    });
  }

  list(accountId: AccountId): Promise<readonly Device[]> {
    return this.#gate.use(async (session) => {
      const rows = await session.rows(`${SELECT_DEVICES} ORDER BY d.device_id`, [idParameter(accountId)]);
      return rows.map(deviceOf);
    });
  }

  remove(accountId: AccountId, deviceIds: readonly DeviceId[]): Promise<void> {
    return this.#gate.transaction(async (session) => {
      // One by one in one order, so that two removals cannot hold what the other waits for.
      for (const deviceId of deviceIds.toSorted())
        await session.change(
          'DELETE FROM device WHERE account_id = ? AND device_id = ?',
          addressParameters({ accountId, deviceId }),
        );
    });
  }

  markSeen(address: DeviceAddress, seenAt: UnixMs): Promise<void> {
    return this.#gate.use(async (session) => {
      const day = Math.floor(seenAt / DAY_MS);
      // No write, and so no wait for the disk, for the second time in a day.
      await session.change(
        'UPDATE device SET last_seen_day = ? WHERE account_id = ? AND device_id = ? AND (last_seen_day IS NULL OR last_seen_day < ?)',
        [day, ...addressParameters(address), day],
      );
    });
  }

  lockForDelivery(accountIds: readonly AccountId[]): Promise<ReadonlyMap<AccountId, readonly DeliveryTarget[]>> {
    return this.#gate.use(async (session) => {
      session.requireTransaction('lockForDelivery');
      const targets = new Map<AccountId, DeliveryTarget[]>();
      // In the order of the key, so that two batches cannot hold what the other waits for.
      for (const chunk of inChunks([...new Set(accountIds)].toSorted(), ROWS_PER_BATCH)) {
        const ids = padded(chunk).map(idParameter);
        const devices = await lockDevices(session, ids);
        // A statement of its own, after the locks: only then does it see what the holders before us have committed.
        const waiting = await findWaiting(session, ids);
        for (const row of devices) {
          const accountId = accountIdFrom(row['account_id']);
          const deviceId = deviceIdFrom(row['device_id']);
          const target = {
            deviceId,
            registrationId: integerFrom(row['registration_id']),
            ...(waiting.get(deviceId) ?? NOTHING_WAITING),
          };
          targets.set(accountId, [...(targets.get(accountId) ?? []), target]);
        }
      }
      return targets;
    });
  }
}

const lockDevices = (session: Session, ids: readonly Parameter[]): Promise<readonly Row[]> =>
  session.rows(
    `SELECT account_id, device_id, registration_id FROM device WHERE account_id IN (${placeholders(ids)}) ` +
      `ORDER BY account_id, device_id${session.forUpdate}`,
    ids,
  );

type Waiting = Pick<DeliveryTarget, 'waiting' | 'lastPosition'>;

const NOTHING_WAITING: Waiting = { waiting: 0, lastPosition: 0 };

const findWaiting = async (session: Session, ids: readonly Parameter[]): Promise<ReadonlyMap<DeviceId, Waiting>> => {
  const rows = await session.rows(
    'SELECT device_id, COUNT(*) AS waiting, MAX(position) AS last_position FROM envelope ' +
      `WHERE account_id IN (${placeholders(ids)}) GROUP BY account_id, device_id`,
    ids,
  );
  return new Map(
    rows.map((row) => [
      deviceIdFrom(row['device_id']),
      { waiting: integerFrom(row['waiting']), lastPosition: integerFrom(row['last_position']) },
    ]),
  );
};
