import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import { isUniqueViolation } from './database-error.js';
import {
  EARLIER_PASSWORD,
  RECOVERY_BLOB,
  RECOVERY_REQUEST,
  type EarlierPasswordRow,
  type RecoveryBlobRow,
  type RecoveryRequestRow,
} from './entities/recovery.js';
import type { Gate } from './gate.js';
import type {
  BlobAccess,
  EarlierPassword,
  HeldRecovery,
  NewHeldRecovery,
  PutBlobOutcome,
  RecoveryRepository,
  SealedKeys,
  StoredBlob,
} from './recovery-repository.js';
import { lockAccount } from './row-locks.js';
import { bytesParameter, hex, idParameter } from './row-values.js';
import { LessThanOrEqual, MoreThan } from 'typeorm';

const blobOf = (row: RecoveryBlobRow): StoredBlob => ({
  accountId: row.accountId,
  blobId: row.blobId,
  fetchSecretHash: row.fetchSecretHash,
  bytes: row.bytes,
  signature: row.signature,
  storageRecordVersion: row.storageRecordVersion,
});

const heldOf = (row: RecoveryRequestRow): HeldRecovery => ({
  accountId: row.accountId,
  requestHash: row.requestHash,
  claim: {
    challenge: row.challenge,
    listHash: row.listHash,
    certificateHash: row.certificateHash,
    authenticationHash: row.authenticationHash,
    accessKeyVerifier: row.accessKeyVerifier,
    refreshTokenHash: row.refreshTokenHash,
    blobHash: row.blobHash,
    provesPassword: row.provesPassword === 1,
  },
  signature: row.signature,
  requestedAt: row.requestedAt,
  heldUntil: row.heldUntil,
  expiresAt: row.expiresAt,
  vetoedAt: row.vetoedAt ?? undefined,
});

const sameAccess = (one: BlobAccess, other: BlobAccess): boolean =>
  hex(one.blobId) === hex(other.blobId) && hex(one.fetchSecretHash) === hex(other.fetchSecretHash);

export class SqlRecoveryRepository implements RecoveryRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  findBlob(accountId: AccountId): Promise<StoredBlob | undefined> {
    return this.#gate.use(async ({ manager }) => {
      const row = await manager.findOneBy<RecoveryBlobRow>(RECOVERY_BLOB, { accountId });
      return row === null ? undefined : blobOf(row);
    });
  }

  findBlobById(blobId: Bytes): Promise<StoredBlob | undefined> {
    return this.#gate.use(async ({ manager }) => {
      const row = await manager.findOneBy<RecoveryBlobRow>(RECOVERY_BLOB, { blobId });
      return row === null ? undefined : blobOf(row);
    });
  }

  putBlob(
    accountId: AccountId,
    keys: SealedKeys,
    access: BlobAccess | undefined,
    { newRoot, now }: { readonly newRoot: boolean; readonly now: UnixMs },
  ): Promise<PutBlobOutcome> {
    return this.#gate.transaction<PutBlobOutcome>(async (session, abandon) => {
      await lockAccount(session, accountId);
      const { manager } = session;
      const present = await manager.findOneBy<RecoveryBlobRow>(RECOVERY_BLOB, { accountId });
      const settled = newRoot ? undefined : (present ?? undefined);
      // A device must not be able to lead the paper astray: only a new root has another way to its blob.
      if (settled !== undefined && access !== undefined && !sameAccess(settled, access))
        return { type: 'accessDiffers' };
      const found = settled ?? access;
      if (found === undefined) return { type: 'accessMissing' };
      const row = { blobId: found.blobId, fetchSecretHash: found.fetchSecretHash, ...keys, updatedAt: now };
      try {
        await (present === null
          ? manager.insert<RecoveryBlobRow>(RECOVERY_BLOB, { accountId, ...row })
          : manager.update<RecoveryBlobRow>(RECOVERY_BLOB, { accountId }, row));
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        return abandon({ type: 'accessDiffers' });
      }
      return { type: 'stored' };
    });
  }

  hold({ claim, ...recovery }: NewHeldRecovery, mostHeld: number): Promise<'held' | 'tooMany'> {
    return this.#gate.transaction(async (session) => {
      await lockAccount(session, recovery.accountId);
      const { accountId, requestHash, requestedAt } = recovery;
      if (await session.manager.existsBy<RecoveryRequestRow>(RECOVERY_REQUEST, { accountId, requestHash }))
        return 'held';
      const live = { accountId, expiresAt: MoreThan(requestedAt) };
      if ((await session.manager.countBy<RecoveryRequestRow>(RECOVERY_REQUEST, live)) >= mostHeld) return 'tooMany';
      await session.manager.insert<RecoveryRequestRow>(RECOVERY_REQUEST, {
        ...recovery,
        ...claim,
        provesPassword: claim.provesPassword ? 1 : 0,
        vetoedAt: null,
      });
      return 'held';
    });
  }

  heldOf(accountId: AccountId, now: UnixMs): Promise<readonly HeldRecovery[]> {
    return this.#gate.use(async ({ manager }) => {
      const rows = await manager.find<RecoveryRequestRow>(RECOVERY_REQUEST, {
        where: { accountId, expiresAt: MoreThan(now) },
        order: { requestedAt: 'ASC', requestHash: 'ASC' },
      });
      return rows.map(heldOf);
    });
  }

  findHeld(accountId: AccountId, requestHash: Bytes, now: UnixMs): Promise<HeldRecovery | undefined> {
    return this.#gate.use(async ({ manager }) => {
      const where = { accountId, requestHash, expiresAt: MoreThan(now) };
      const row = await manager.findOneBy<RecoveryRequestRow>(RECOVERY_REQUEST, where);
      return row === null ? undefined : heldOf(row);
    });
  }

  veto(accountId: AccountId, requestHash: Bytes, now: UnixMs): Promise<void> {
    return this.#gate.transaction(async (session) => {
      await lockAccount(session, accountId);
      await session.change(
        'UPDATE recovery_request SET vetoed_at = ? WHERE account_id = ? AND request_hash = ? AND vetoed_at IS NULL',
        [now, idParameter(accountId), bytesParameter(requestHash)],
      );
    });
  }

  endAllHeld(accountId: AccountId): Promise<void> {
    return this.#gate.transaction(async ({ manager }) => {
      await manager.delete<RecoveryRequestRow>(RECOVERY_REQUEST, { accountId });
    });
  }

  keepPassword(accountId: AccountId, password: EarlierPassword, mostKept: number): Promise<void> {
    return this.#gate.transaction(async ({ manager }) => {
      const { salt, cost, verifier, validUntil } = password;
      // Whoever changes passwords in quick succession must not push out the one that the owner remembers.
      if ((await manager.countBy<EarlierPasswordRow>(EARLIER_PASSWORD, { accountId })) >= mostKept) return;
      await manager.delete<EarlierPasswordRow>(EARLIER_PASSWORD, { accountId, salt });
      await manager.insert<EarlierPasswordRow>(EARLIER_PASSWORD, { accountId, salt, ...cost, verifier, validUntil });
    });
  }

  earlierPasswords(accountId: AccountId, now: UnixMs): Promise<readonly EarlierPassword[]> {
    return this.#gate.use(async ({ manager }) => {
      const rows = await manager.find<EarlierPasswordRow>(EARLIER_PASSWORD, {
        where: { accountId, validUntil: MoreThan(now) },
        order: { validUntil: 'DESC', salt: 'ASC' },
      });
      return rows.map(({ salt, memoryKiB, iterations, parallelism, verifier, validUntil }) => ({
        salt,
        cost: { memoryKiB, iterations, parallelism },
        verifier,
        validUntil,
      }));
    });
  }

  deleteExpired(now: UnixMs): Promise<void> {
    return this.#gate.transaction(async ({ manager }) => {
      await manager.delete<RecoveryRequestRow>(RECOVERY_REQUEST, { expiresAt: LessThanOrEqual(now) });
      await manager.delete<EarlierPasswordRow>(EARLIER_PASSWORD, { validUntil: LessThanOrEqual(now) });
    });
  }
}
