import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { DeviceAddress } from './device-repository.js';
import { REFRESH_TOKEN_FAMILY, type RefreshTokenFamilyRow } from './entities/refresh-token-family.js';
import type { Gate } from './gate.js';
import type {
  NewRefreshTokenFamily,
  RefreshTokenRepository,
  RotateOutcome,
  StartFamilyOutcome,
  TokenRotation,
} from './refresh-token-repository.js';
import { addressParameters, lockAccount, lockDevice } from './row-locks.js';
import { hex, idParameter, integerFrom } from './row-values.js';
import type { Session } from './session.js';

const countOtherFamilies = async (session: Session, family: NewRefreshTokenFamily): Promise<number> => {
  const [row] = await session.rows(
    'SELECT COUNT(*) AS families FROM refresh_token_family ' +
      'WHERE account_id = ? AND device_id <> ? AND revoked_at IS NULL AND expires_at > ?',
    [idParameter(family.accountId), idParameter(family.deviceId), family.issuedAt],
  );
  return integerFrom(row?.['families']);
};

/** What a presented token means to a family. Hashes of 256 random bits: comparing them as text tells a guesser nothing. */
const verdictOn = (row: RefreshTokenFamilyRow, rotation: TokenRotation): RotateOutcome['type'] => {
  if (row.revokedAt !== null) return 'revoked';
  const presented = hex(rotation.presentedHash);
  const previous = row.previousTokenHash === null ? undefined : hex(row.previousTokenHash);
  // The client makes its next token before it asks: the same pair again is the same exchange, its answer lost on the way.
  const isRepeat = presented === previous && hex(rotation.nextHash) === hex(row.tokenHash);
  if (presented !== hex(row.tokenHash) && !isRepeat) return 'reused';
  if (row.expiresAt <= rotation.now) return 'expired';
  return isRepeat ? 'repeated' : 'rotated';
};

export class SqlRefreshTokenRepository implements RefreshTokenRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  start(family: NewRefreshTokenFamily, mostFamilies: number): Promise<StartFamilyOutcome> {
    return this.#gate.transaction(async (session) => {
      const { accountId, deviceId } = family;
      // Sign-ins of one account follow one another, or two at once could both take the last place.
      if (!(await lockAccount(session, accountId))) return { type: 'unknownDevice' };
      if (!(await lockDevice(session, family))) return { type: 'unknownDevice' };
      if ((await countOtherFamilies(session, family)) >= mostFamilies) return { type: 'tooManyFamilies' };
      await session.manager.delete<RefreshTokenFamilyRow>(REFRESH_TOKEN_FAMILY, { accountId, deviceId });
      await session.manager.insert<RefreshTokenFamilyRow>(REFRESH_TOKEN_FAMILY, {
        accountId,
        deviceId,
        tokenHash: family.tokenHash,
        previousTokenHash: null,
        issuedAt: family.issuedAt,
        expiresAt: family.expiresAt,
        revokedAt: null,
      });
      return { type: 'started' };
    });
  }

  rotate(rotation: TokenRotation): Promise<RotateOutcome> {
    return this.#gate.transaction(async (session) => {
      const { accountId, deviceId } = rotation;
      // Of any number of exchanges of one token one is first; the others find it spent.
      if (!(await lockDevice(session, rotation))) return { type: 'unknown' };
      const key = { accountId, deviceId };
      const row = await session.manager.findOneBy<RefreshTokenFamilyRow>(REFRESH_TOKEN_FAMILY, key);
      if (row === null) return { type: 'unknown' };
      const type = verdictOn(row, rotation);
      if (type === 'rotated')
        await session.manager.update<RefreshTokenFamilyRow>(REFRESH_TOKEN_FAMILY, key, {
          tokenHash: rotation.nextHash,
          previousTokenHash: rotation.presentedHash,
          issuedAt: rotation.now,
          expiresAt: rotation.expiresAt,
        });
      if (type === 'reused')
        await session.manager.update<RefreshTokenFamilyRow>(REFRESH_TOKEN_FAMILY, key, { revokedAt: rotation.now });
      return { type };
    });
  }

  isLive(address: DeviceAddress, now: UnixMs): Promise<boolean> {
    return this.#gate.use(async (session) => {
      const rows = await session.rows(
        'SELECT 1 AS live FROM refresh_token_family ' +
          'WHERE account_id = ? AND device_id = ? AND revoked_at IS NULL AND expires_at > ?',
        [...addressParameters(address), now],
      );
      return rows.length > 0;
    });
  }

  end({ accountId, deviceId }: DeviceAddress): Promise<void> {
    return this.#gate.transaction(async ({ manager }) => {
      await manager.delete<RefreshTokenFamilyRow>(REFRESH_TOKEN_FAMILY, { accountId, deviceId });
    });
  }

  endAll(accountId: AccountId): Promise<void> {
    return this.#gate.transaction(async ({ manager }) => {
      await manager.delete<RefreshTokenFamilyRow>(REFRESH_TOKEN_FAMILY, { accountId });
    });
  }
}
