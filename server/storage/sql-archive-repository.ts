import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type {
  AddSegmentOutcome,
  ArchiveAddress,
  ArchiveRepository,
  ArchiveRules,
  NewSegment,
  StoredArchive,
  StoredSegment,
} from './archive-repository.js';
import type { Gate } from './gate.js';
import { lockAccount } from './row-locks.js';
import {
  archiveIdFrom,
  accountIdFrom,
  bytesFrom,
  bytesParameter,
  hex,
  idParameter,
  instantFrom,
  integerFrom,
  optional,
  textFrom,
  type Parameter,
} from './row-values.js';
import type { Session } from './session.js';
import { inChunks, padded, placeholders } from './sql-lists.js';

const key = ({ accountId, archiveId }: ArchiveAddress): Parameter[] => [idParameter(accountId), idParameter(archiveId)];

const OF_ARCHIVE = 'account_id = ? AND archive_id = ?';

interface Present {
  readonly segmentCount: number | undefined;
  readonly expiresAt: UnixMs;
}

const readArchive = async (session: Session, address: ArchiveAddress): Promise<Present | undefined> => {
  const [row] = await session.rows(`SELECT segment_count, expires_at FROM archive WHERE ${OF_ARCHIVE}`, key(address));
  return row === undefined
    ? undefined
    : { segmentCount: optional(row['segment_count'], integerFrom), expiresAt: instantFrom(row['expires_at']) };
};

const readSegment = async (
  session: Session,
  address: ArchiveAddress,
  number: number,
): Promise<StoredSegment | undefined> => {
  const [row] = await session.rows(`SELECT blob_name, digest FROM archive_segment WHERE ${OF_ARCHIVE} AND number = ?`, [
    ...key(address),
    number,
  ]);
  return row === undefined ? undefined : { blobName: textFrom(row['blob_name']), digest: bytesFrom(row['digest']) };
};

const sumOf = async (session: Session, accountId: AccountId): Promise<number> => {
  const [row] = await session.rows('SELECT COALESCE(SUM(size), 0) AS used FROM archive_segment WHERE account_id = ?', [
    idParameter(accountId),
  ]);
  return integerFrom(row?.['used']);
};

const countArchives = async (session: Session, accountId: AccountId): Promise<number> => {
  const [row] = await session.rows('SELECT COUNT(*) AS archives FROM archive WHERE account_id = ?', [
    idParameter(accountId),
  ]);
  return integerFrom(row?.['archives']);
};

const highestSegment = async (session: Session, address: ArchiveAddress): Promise<number> => {
  const [row] = await session.rows(
    `SELECT COALESCE(MAX(number), -1) AS highest FROM archive_segment WHERE ${OF_ARCHIVE}`,
    key(address),
  );
  return integerFrom(row?.['highest']);
};

/** Does the segment lie where the archive, as far as it is known, can have one? */
const fits = async (
  session: Session,
  address: ArchiveAddress,
  { number, isLast }: NewSegment,
  segmentCount: number | undefined,
): Promise<boolean> => {
  if (segmentCount !== undefined) return number < segmentCount && isLast === (number === segmentCount - 1);
  return !isLast || number > (await highestSegment(session, address));
};

const blobsOf = async (session: Session, address: ArchiveAddress): Promise<readonly string[]> => {
  const rows = await session.rows(`SELECT blob_name FROM archive_segment WHERE ${OF_ARCHIVE}`, key(address));
  return rows.map((row) => textFrom(row['blob_name']));
};

const forget = async (session: Session, address: ArchiveAddress): Promise<readonly string[]> => {
  const blobs = await blobsOf(session, address);
  await session.change(`DELETE FROM archive WHERE ${OF_ARCHIVE}`, key(address));
  return blobs;
};

export class SqlArchiveRepository implements ArchiveRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  add(address: ArchiveAddress, segment: NewSegment, rules: ArchiveRules): Promise<AddSegmentOutcome> {
    return this.#gate.transaction(async (session) => {
      // Uploads of one account follow one another, or two at once could both take the last of the quota.
      if (!(await lockAccount(session, address.accountId))) return { type: 'overQuota' };
      const stored = await readSegment(session, address, segment.number);
      if (stored !== undefined) return { type: hex(stored.digest) === hex(segment.digest) ? 'repeated' : 'conflict' };
      const archive = await readArchive(session, address);
      if (!(await fits(session, address, segment, archive?.segmentCount))) return { type: 'conflict' };
      if ((await sumOf(session, address.accountId)) + segment.size > rules.quotaBytes) return { type: 'overQuota' };
      if (archive === undefined && (await countArchives(session, address.accountId)) >= rules.mostArchives)
        return { type: 'overQuota' };
      await this.#note(session, address, segment, { rules, isNew: archive === undefined });
      return { type: 'added' };
    });
  }

  usedBytes(accountId: AccountId): Promise<number> {
    return this.#gate.use((session) => sumOf(session, accountId));
  }

  find(address: ArchiveAddress, now: UnixMs): Promise<StoredArchive | undefined> {
    return this.#gate.use(async (session) => {
      const archive = await readArchive(session, address);
      if (archive === undefined || archive.expiresAt <= now) return undefined;
      const rows = await session.rows(
        `SELECT number FROM archive_segment WHERE ${OF_ARCHIVE} ORDER BY number`,
        key(address),
      );
      return { ...archive, segments: rows.map((row) => integerFrom(row['number'])) };
    });
  }

  findSegment(address: ArchiveAddress, number: number, now: UnixMs): Promise<StoredSegment | undefined> {
    return this.#gate.use(async (session) => {
      const archive = await readArchive(session, address);
      if (archive === undefined || archive.expiresAt <= now) return undefined;
      return readSegment(session, address, number);
    });
  }

  remove(address: ArchiveAddress): Promise<readonly string[]> {
    return this.#gate.transaction(async (session) => {
      // After an upload that is under way, so that none of its blobs is left without anybody who knows it.
      await lockAccount(session, address.accountId);
      return forget(session, address);
    });
  }

  removeAll(accountId: AccountId): Promise<readonly string[]> {
    return this.#gate.transaction(async (session) => {
      await lockAccount(session, accountId);
      const id = [idParameter(accountId)];
      const rows = await session.rows('SELECT blob_name FROM archive_segment WHERE account_id = ?', id);
      await session.change('DELETE FROM archive WHERE account_id = ?', id);
      return rows.map((row) => textFrom(row['blob_name']));
    });
  }

  removeExpired(now: UnixMs, mostArchives: number): Promise<readonly string[]> {
    return this.#gate.transaction(async (session) => {
      const rows = await session.rows(
        'SELECT account_id, archive_id FROM archive WHERE expires_at <= ? ORDER BY account_id, archive_id LIMIT ?',
        [now, mostArchives],
      );
      const blobs: string[] = [];
      for (const row of rows) {
        const address = { accountId: accountIdFrom(row['account_id']), archiveId: archiveIdFrom(row['archive_id']) };
        await lockAccount(session, address.accountId);
        // Again under the lock: a segment that came meanwhile keeps its archive alive.
        const archive = await readArchive(session, address);
        if (archive !== undefined && archive.expiresAt <= now) blobs.push(...(await forget(session, address)));
      }
      return blobs;
    });
  }

  findUnknown(blobNames: readonly string[]): Promise<readonly string[]> {
    return this.#gate.use(async (session) => {
      const known = new Set<string>();
      for (const chunk of inChunks(blobNames)) {
        const names = padded(chunk);
        const rows = await session.rows(
          `SELECT blob_name FROM archive_segment WHERE blob_name IN (${placeholders(names)})`,
          names,
        );
        for (const row of rows) known.add(textFrom(row['blob_name']));
      }
      return blobNames.filter((name) => !known.has(name));
    });
  }

  async #note(
    session: Session,
    address: ArchiveAddress,
    segment: NewSegment,
    { rules, isNew }: { readonly rules: ArchiveRules; readonly isNew: boolean },
  ): Promise<void> {
    const count = segment.isLast ? segment.number + 1 : null;
    await session.change(
      isNew
        ? 'INSERT INTO archive (segment_count, expires_at, account_id, archive_id, created_at) VALUES (?, ?, ?, ?, ?)'
        : `UPDATE archive SET segment_count = COALESCE(?, segment_count), expires_at = ? WHERE ${OF_ARCHIVE}`,
      [count, rules.expiresAt, ...key(address), ...(isNew ? [rules.now] : [])],
    );
    await session.change(
      'INSERT INTO archive_segment (account_id, archive_id, number, size, digest, blob_name, stored_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      [...key(address), segment.number, segment.size, bytesParameter(segment.digest), segment.blobName, rules.now],
    );
  }
}
