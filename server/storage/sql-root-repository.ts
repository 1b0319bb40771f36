import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import { ACCOUNT, type AccountRow } from './entities/account.js';
import { ROOT_CHANGE, ROOT_NOTICE, type RootChangeRow, type RootNoticeRow } from './entities/root.js';
import type { Gate } from './gate.js';
import type { RootLeft, RootNotice, RootRepository } from './root-repository.js';
import { lockAccount } from './row-locks.js';
import { bytesParameter, hex, idParameter } from './row-values.js';

const noticeOf = (row: RootNoticeRow): RootNotice => ({
  requestHash: row.requestHash,
  change: { bytes: row.bytes, newRootSignature: row.newRootSignature, signerSignature: row.signerSignature },
  requestedAt: row.requestedAt,
  heldUntil: row.heldUntil,
  expiresAt: row.expiresAt,
  stoppedAt: row.stoppedAt ?? undefined,
});

export class SqlRootRepository implements RootRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  changesOf(accountId: AccountId): Promise<readonly RootLeft[]> {
    return this.#gate.use(async ({ manager }) => {
      const rows = await manager.find<RootChangeRow>(ROOT_CHANGE, { where: { accountId }, order: { epoch: 'ASC' } });
      return rows.map(({ accountId: _, ...left }) => left);
    });
  }

  change(
    accountId: AccountId,
    left: RootLeft,
    root: { readonly accountIdentityKey: Bytes; readonly recoveryPublicKey: Bytes },
  ): Promise<void> {
    return this.#gate.transaction(async ({ manager }) => {
      await manager.insert<RootChangeRow>(ROOT_CHANGE, { accountId, ...left });
      await manager.update<AccountRow>(ACCOUNT, { accountId }, root);
    });
  }

  findNotice(accountId: AccountId, now: UnixMs): Promise<RootNotice | undefined> {
    return this.#gate.use(async ({ manager }) => {
      const row = await manager.findOneBy<RootNoticeRow>(ROOT_NOTICE, { accountId });
      return row === null || row.expiresAt <= now ? undefined : noticeOf(row);
    });
  }

  giveNotice(accountId: AccountId, { change, ...notice }: Omit<RootNotice, 'stoppedAt'>): Promise<boolean> {
    return this.#gate.transaction(async (session) => {
      await lockAccount(session, accountId);
      const { manager } = session;
      const present = await manager.findOneBy<RootNoticeRow>(ROOT_NOTICE, { accountId });
      const isSame = present !== null && hex(present.requestHash) === hex(notice.requestHash);
      const isOver = present === null || present.expiresAt <= notice.requestedAt;
      // What was stopped stays stopped; another statement takes its place.
      if (!isOver && (isSame || present.stoppedAt === null)) return isSame && present.stoppedAt === null;
      await manager.delete<RootNoticeRow>(ROOT_NOTICE, { accountId });
      await manager.insert<RootNoticeRow>(ROOT_NOTICE, { accountId, ...notice, ...change, stoppedAt: null });
      return true;
    });
  }

  stop(accountId: AccountId, requestHash: Bytes, now: UnixMs): Promise<void> {
    return this.#gate.transaction(async (session) => {
      await lockAccount(session, accountId);
      await session.change(
        'UPDATE root_notice SET stopped_at = ? WHERE account_id = ? AND request_hash = ? AND stopped_at IS NULL',
        [now, idParameter(accountId), bytesParameter(requestHash)],
      );
    });
  }

  endNotice(accountId: AccountId): Promise<void> {
    return this.#gate.transaction(async ({ manager }) => {
      await manager.delete<RootNoticeRow>(ROOT_NOTICE, { accountId });
    });
  }
}
