import type { AccountId } from '@sotto/protocol/ids';
import type { DeviceAddress } from './device-repository.js';
import { idParameter, type Parameter } from './row-values.js';
import type { Session } from './session.js';

export const addressParameters = ({ accountId, deviceId }: DeviceAddress): Parameter[] => [
  idParameter(accountId),
  idParameter(deviceId),
];

/**
 * Makes transactions that change one account's lists or token families follow one another. Reading what they depend on must be a
 * statement after this one: it then sees what the one before has committed. False: there is no such account.
 */
export const lockAccount = async (session: Session, accountId: AccountId): Promise<boolean> => {
  session.requireTransaction('Locking an account');
  const rows = await session.rows(`SELECT created_at FROM account WHERE account_id = ?${session.forUpdate}`, [
    idParameter(accountId),
  ]);
  return rows.length > 0;
};

/** Makes transactions that change what one device holds follow one another. False: there is no such device. */
export const lockDevice = async (session: Session, address: DeviceAddress): Promise<boolean> => {
  session.requireTransaction('Locking a device');
  const rows = await session.rows(
    `SELECT registration_id FROM device WHERE account_id = ? AND device_id = ?${session.forUpdate}`,
    addressParameters(address),
  );
  return rows.length > 0;
};
