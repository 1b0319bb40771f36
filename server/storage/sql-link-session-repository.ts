import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';
import { isUniqueViolation } from './database-error.js';
import { LINK_SESSION, type LinkSessionRow } from './entities/link-session.js';
import type { Gate } from './gate.js';
import {
  LINK_END_REASONS,
  LINK_STATES,
  type BegunSince,
  type LinkChange,
  type LinkMessage,
  type LinkSession,
  type LinkSessionRepository,
  type NewLinkSession,
} from './link-session-repository.js';
import {
  accountIdFrom,
  bytesFrom,
  bytesParameter,
  deviceIdFrom,
  idParameter,
  instantFrom,
  integerFrom,
  optional,
  textFrom,
  type Parameter,
  type Row,
} from './row-values.js';
import type { Session } from './session.js';

const COLUMNS =
  'link_session_id, token, displayed_by, lookup_id, account_id, device_id, claimant_hash, state, end_reason, revision, renewals, ' +
  'contest_mac, certificate, list_bytes, list_signature, activation_hash, created_at, expires_at';

/** Texts in the program, never from outside: they stand in statements as they are. */
const LIVE = "state IN ('open', 'claimed', 'approved')";

/** One of the texts that the program itself has written. */
const oneOf =
  <Known extends string>(known: readonly Known[]) =>
  (value: unknown): Known => {
    const text = textFrom(value);
    const found = known.find((each) => each === text);
    if (found === undefined) throw new Error('The database holds a state that this program does not know');
    return found;
  };

const stateFrom = oneOf(LINK_STATES);
const endReasonFrom = oneOf(LINK_END_REASONS);
const displayedByFrom = oneOf(['authorised', 'new'] as const);

const authorisedOf = (row: Row): LinkSession['authorised'] => {
  const accountId = optional(row['account_id'], accountIdFrom);
  const deviceId = optional(row['device_id'], deviceIdFrom);
  return accountId === undefined || deviceId === undefined ? undefined : { accountId, deviceId };
};

const approvalOf = (row: Row): LinkSession['approval'] => {
  const certificate = optional(row['certificate'], bytesFrom);
  const bytes = optional(row['list_bytes'], bytesFrom);
  const signature = optional(row['list_signature'], bytesFrom);
  return certificate === undefined || bytes === undefined || signature === undefined
    ? undefined
    : { certificate, list: { bytes, signature } };
};

const sessionOf = (row: Row): LinkSession => ({
  linkSessionId: bytesFrom(row['link_session_id']),
  token: bytesFrom(row['token']),
  displayedBy: displayedByFrom(row['displayed_by']),
  lookupId: optional(row['lookup_id'], bytesFrom),
  authorised: authorisedOf(row),
  claimantHash: optional(row['claimant_hash'], bytesFrom),
  state: stateFrom(row['state']),
  endReason: optional(row['end_reason'], endReasonFrom),
  revision: integerFrom(row['revision']),
  renewals: integerFrom(row['renewals']),
  contestMac: optional(row['contest_mac'], bytesFrom),
  approval: approvalOf(row),
  activationHash: optional(row['activation_hash'], bytesFrom),
  createdAt: instantFrom(row['created_at']),
  expiresAt: instantFrom(row['expires_at']),
});

const bytesOrNull = (bytes: Bytes | undefined): Parameter => (bytes === undefined ? null : bytesParameter(bytes));

/** Every column that a change may set, with its value after it. */
const changed = (session: LinkSession, change: LinkChange): readonly (readonly [string, Parameter])[] => {
  const next = { ...session, ...change };
  return [
    ['account_id', next.authorised === undefined ? null : idParameter(next.authorised.accountId)],
    ['device_id', next.authorised === undefined ? null : idParameter(next.authorised.deviceId)],
    ['claimant_hash', bytesOrNull(next.claimantHash)],
    ['state', next.state],
    ['end_reason', next.endReason ?? null],
    ['contest_mac', bytesOrNull(next.contestMac)],
    ['certificate', bytesOrNull(next.approval?.certificate)],
    ['list_bytes', bytesOrNull(next.approval?.list.bytes)],
    ['list_signature', bytesOrNull(next.approval?.list.signature)],
    ['activation_hash', bytesOrNull(next.activationHash)],
    ['expires_at', next.expiresAt],
  ];
};

const select = async (
  session: Session,
  condition: string,
  parameters: readonly Parameter[],
): Promise<LinkSession | undefined> => {
  const [row] = await session.rows(`SELECT ${COLUMNS} FROM link_session WHERE ${condition}`, parameters);
  return row === undefined ? undefined : sessionOf(row);
};

/** Nobody reads them any more, and what is not kept cannot be stolen. */
const deleteMessages = async (session: Session, linkSessionId: Bytes): Promise<void> => {
  await session.change('DELETE FROM link_message WHERE link_session_id = ?', [bytesParameter(linkSessionId)]);
};

/** Ends a session whatever its revision is; false if it was over already. */
const end = async (
  session: Session,
  linkSessionId: Bytes,
  reason: LinkSession['endReason'],
  expiredBy?: UnixMs,
): Promise<boolean> => {
  const ended = await session.change(
    'UPDATE link_session SET state = ?, end_reason = ?, revision = revision + 1, certificate = NULL, list_bytes = NULL, ' +
      `list_signature = NULL WHERE link_session_id = ? AND ${LIVE}${expiredBy === undefined ? '' : ' AND expires_at <= ?'}`,
    ['ended', reason ?? null, bytesParameter(linkSessionId), ...(expiredBy === undefined ? [] : [expiredBy])],
  );
  if (ended === 0) return false;
  await deleteMessages(session, linkSessionId);
  return true;
};

export class SqlLinkSessionRepository implements LinkSessionRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  insert(link: NewLinkSession): Promise<{ readonly type: 'inserted' } | { readonly type: 'exists' }> {
    return this.#gate.transaction(async ({ manager }, abandon) => {
      try {
        await manager.insert<LinkSessionRow>(LINK_SESSION, {
          linkSessionId: link.linkSessionId,
          token: link.token,
          displayedBy: link.displayedBy,
          lookupId: link.lookupId ?? null,
          lookedUpAt: null,
          accountId: link.authorised?.accountId ?? null,
          deviceId: link.authorised?.deviceId ?? null,
          claimantHash: link.claimantHash ?? null,
          state: 'open',
          endReason: null,
          revision: 1,
          renewals: link.renewals,
          contestMac: null,
          certificate: null,
          listBytes: null,
          listSignature: null,
          activationHash: null,
          createdAt: link.createdAt,
          expiresAt: link.expiresAt,
        });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        return abandon({ type: 'exists' });
      }
      return { type: 'inserted' };
    });
  }

  find(linkSessionId: Bytes): Promise<LinkSession | undefined> {
    return this.#gate.use((session) => select(session, 'link_session_id = ?', [bytesParameter(linkSessionId)]));
  }

  lock(linkSessionId: Bytes): Promise<LinkSession | undefined> {
    return this.#gate.use((session) => {
      session.requireTransaction('Locking a link session');
      return select(session, `link_session_id = ?${session.forUpdate}`, [bytesParameter(linkSessionId)]);
    });
  }

  change(
    link: LinkSession,
    change: LinkChange,
    message?: { readonly number: number; readonly body: Bytes },
  ): Promise<void> {
    return this.#gate.transaction(async (session) => {
      const columns = changed(link, change);
      const id = bytesParameter(link.linkSessionId);
      const met = await session.change(
        `UPDATE link_session SET ${columns.map(([name]) => `${name} = ?`).join(', ')}, revision = revision + 1 ` +
          'WHERE link_session_id = ? AND revision = ?',
        [...columns.map(([, value]) => value), id, link.revision],
      );
      if (met !== 1) throw new Error('A link session was changed that was not locked');
      if (message !== undefined)
        await session.change('INSERT INTO link_message (link_session_id, number, revision, body) VALUES (?, ?, ?, ?)', [
          id,
          message.number,
          link.revision + 1,
          bytesParameter(message.body),
        ]);
      if (change.state === 'ended' || change.state === 'activated') await deleteMessages(session, link.linkSessionId);
    });
  }

  messages(linkSessionId: Bytes): Promise<readonly LinkMessage[]> {
    return this.#gate.use(async (session) => {
      const rows = await session.rows(
        'SELECT number, revision, body FROM link_message WHERE link_session_id = ? ORDER BY number',
        [bytesParameter(linkSessionId)],
      );
      return rows.map((row) => ({
        number: integerFrom(row['number']),
        revision: integerFrom(row['revision']),
        body: bytesFrom(row['body']),
      }));
    });
  }

  takeToken(lookupId: Bytes, now: UnixMs): Promise<Bytes | undefined> {
    return this.#gate.transaction(async (session) => {
      const id = bytesParameter(lookupId);
      const taken = await session.change(
        'UPDATE link_session SET looked_up_at = ?, revision = revision + 1 ' +
          "WHERE lookup_id = ? AND looked_up_at IS NULL AND state = 'open' AND expires_at > ?",
        [now, id, now],
      );
      // Asked for in either case: a code that nobody has takes as many statements as one that is used up.
      const [row] = await session.rows('SELECT token FROM link_session WHERE lookup_id = ?', [id]);
      return taken === 1 && row !== undefined ? bytesFrom(row['token']) : undefined;
    });
  }

  findLive(accountId: AccountId, now: UnixMs): Promise<LinkSession | undefined> {
    return this.#gate.use((session) =>
      select(session, `account_id = ? AND ${LIVE} AND expires_at > ? LIMIT 1`, [idParameter(accountId), now]),
    );
  }

  begunSince(accountId: AccountId, since: UnixMs): Promise<BegunSince> {
    return this.#gate.use(async (session) => {
      const [row] = await session.rows(
        'SELECT COUNT(*) AS begun, MIN(created_at) AS first_at FROM link_session ' +
          'WHERE account_id = ? AND created_at > ? AND renewals = 0',
        [idParameter(accountId), since],
      );
      return { count: integerFrom(row?.['begun']), first: optional(row?.['first_at'], instantFrom) };
    });
  }

  countUnclaimed(now: UnixMs): Promise<number> {
    return this.#gate.use(async (session) => {
      const [row] = await session.rows(
        "SELECT COUNT(*) AS unclaimed FROM link_session WHERE state = 'open' AND expires_at > ? AND displayed_by = 'new'",
        [now],
      );
      return integerFrom(row?.['unclaimed']);
    });
  }

  endForNewList(accountId: AccountId, removed: readonly DeviceId[]): Promise<readonly Bytes[]> {
    return this.#gate.transaction(async (session) => {
      const rows = await session.rows(
        `SELECT link_session_id, device_id, state FROM link_session WHERE account_id = ? AND ${LIVE}`,
        [idParameter(accountId)],
      );
      const ended: Bytes[] = [];
      for (const row of rows) {
        const id = bytesFrom(row['link_session_id']);
        const isRemoved = removed.includes(deviceIdFrom(row['device_id']));
        if (!isRemoved && stateFrom(row['state']) !== 'approved') continue;
        if (await end(session, id, isRemoved ? 'deviceRemoved' : 'listChanged')) ended.push(id);
      }
      return ended;
    });
  }

  endExpired(now: UnixMs, limit: number): Promise<readonly Bytes[]> {
    return this.#gate.transaction(async (session) => {
      const rows = await session.rows(
        `SELECT link_session_id FROM link_session WHERE ${LIVE} AND expires_at <= ? ORDER BY link_session_id LIMIT ?`,
        [now, limit],
      );
      const ended: Bytes[] = [];
      for (const row of rows) {
        const id = bytesFrom(row['link_session_id']);
        if (await end(session, id, 'expired', now)) ended.push(id);
      }
      return ended;
    });
  }

  deleteBegunBefore(before: UnixMs, limit: number): Promise<number> {
    return this.#gate.transaction(async (session) => {
      const rows = await session.rows(
        'SELECT link_session_id FROM link_session WHERE created_at < ? ORDER BY created_at LIMIT ?',
        [before, limit],
      );
      for (const row of rows)
        await session.change('DELETE FROM link_session WHERE link_session_id = ?', [
          bytesParameter(bytesFrom(row['link_session_id'])),
        ]);
      return rows.length;
    });
  }
}
