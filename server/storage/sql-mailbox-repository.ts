import type { UnixMs } from '@sotto/protocol/ids';
import { isUniqueViolation } from './database-error.js';
import type { DeviceAddress } from './device-repository.js';
import type { Gate } from './gate.js';
import type {
  Acknowledgement,
  EnqueueOutcome,
  MailboxGlance,
  MailboxPage,
  MailboxRead,
  MailboxRepository,
  NewEnvelope,
  WaitingEnvelope,
} from './mailbox-repository.js';
import { addressParameters, lockDevice } from './row-locks.js';
import {
  accountIdFrom,
  bytesFrom,
  bytesParameter,
  deviceIdFrom,
  envelopeIdFrom,
  idParameter,
  instantFrom,
  integerFrom,
  type Parameter,
  type Row,
} from './row-values.js';
import type { Session } from './session.js';
import { inChunks, ITEMS_PER_STATEMENT, padded, placeholders, repeated, ROWS_PER_BATCH } from './sql-lists.js';

/** Far below what MySQL takes in one packet. */
const BYTES_PER_STATEMENT = 1_048_576;
/** Whole numbers are small: one statement, and so one commit, for what a few hundred messages' acknowledgements bring. */
const POSITIONS_PER_STATEMENT = 1_024;
/** Rows of the first page of a read: enough for what usually waits, and at most 2 MiB before sizes are known. */
const FIRST_PAGE = 16;

type Placed = Pick<NewEnvelope, 'accountId' | 'deviceId' | 'envelopeId'>;

const keyOf = ({ deviceId, envelopeId }: Placed): string => `${deviceId} ${envelopeId}`;

const placeParameters = (envelope: Placed): Parameter[] => [
  ...addressParameters(envelope),
  idParameter(envelope.envelopeId),
];

const AT_PLACE = '(account_id = ? AND device_id = ? AND envelope_id = ?)';

/**
 * How many of the first rows go into one statement, by rows and by bytes. Every number of rows is a statement that is prepared, so beyond
 * the small ones only whole multiples are.
 */
const rowsOfNext = (envelopes: readonly NewEnvelope[]): number => {
  let bytes = 0;
  let rows = 0;
  for (const { ciphertext } of envelopes) {
    bytes += ciphertext.length;
    if (rows === ROWS_PER_BATCH || (rows > 0 && bytes > BYTES_PER_STATEMENT)) break;
    rows += 1;
  }
  return rows > ITEMS_PER_STATEMENT ? rows - (rows % ITEMS_PER_STATEMENT) : rows;
};

const statementsOf = (envelopes: readonly NewEnvelope[]): NewEnvelope[][] => {
  const pieces: NewEnvelope[][] = [];
  for (let rest = envelopes; rest.length > 0;) {
    const rows = rowsOfNext(rest);
    pieces.push(rest.slice(0, rows));
    rest = rest.slice(rows);
  }
  return pieces;
};

/** Answers the position of the first; the others follow one by one. */
const insert = (session: Session, envelopes: readonly NewEnvelope[]): Promise<number> =>
  session.insertCounted(
    'INSERT INTO envelope (account_id, device_id, envelope_id, kind, accepted_at, ciphertext) VALUES ' +
      repeated('(?, ?, ?, ?, ?, ?)', envelopes.length, ', '),
    envelopes.flatMap((envelope) => [
      ...placeParameters(envelope),
      envelope.kind,
      envelope.acceptedAt,
      bytesParameter(envelope.ciphertext),
    ]),
  );

const findStored = async (session: Session, envelopes: readonly NewEnvelope[]): Promise<ReadonlySet<string>> => {
  const stored = new Set<string>();
  for (const chunk of inChunks(envelopes)) {
    const wanted = padded(chunk);
    const rows = await session.rows(
      `SELECT device_id, envelope_id FROM envelope WHERE ${repeated(AT_PLACE, wanted.length, ' OR ')}`,
      wanted.flatMap(placeParameters),
    );
    for (const row of rows) stored.add(`${deviceIdFrom(row['device_id'])} ${envelopeIdFrom(row['envelope_id'])}`);
  }
  return stored;
};

const ENVELOPE_COLUMNS = 'position, envelope_id, kind, accepted_at, ciphertext';

/** By the other index MySQL would fetch and sort the whole mailbox for its first page. */
const waitingAfter = (session: Session): string =>
  `envelope${session.viaIndex('IX_envelope_position')} ` +
  'WHERE account_id = ? AND device_id = ? AND position > ? AND accepted_at >= ? ORDER BY position LIMIT ?';

const glanceBranch = (session: Session): string =>
  `SELECT * FROM (SELECT ? AS slot, ${ENVELOPE_COLUMNS} FROM ${waitingAfter(session)}) AS page`;

interface Inserted {
  readonly envelopes: readonly NewEnvelope[];
  readonly firstPosition: number;
}

/** Inserts what is not stored yet, and answers that. Repeats are rare, so they are looked for only after a refusal. */
const insertNew = async (session: Session, envelopes: readonly NewEnvelope[]): Promise<Inserted> => {
  try {
    // A refused statement leaves none of its rows behind, on either engine.
    return { envelopes, firstPosition: await insert(session, envelopes) };
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
  }
  const stored = await findStored(session, envelopes);
  const fresh = envelopes.filter((envelope) => !stored.has(keyOf(envelope)));
  return { envelopes: fresh, firstPosition: fresh.length === 0 ? 0 : await insert(session, fresh) };
};

const envelopeOf = (row: Row): WaitingEnvelope => ({
  position: integerFrom(row['position']),
  envelopeId: envelopeIdFrom(row['envelope_id']),
  kind: integerFrom(row['kind']),
  ciphertext: bytesFrom(row['ciphertext']),
  acceptedAt: instantFrom(row['accepted_at']),
});

export class SqlMailboxRepository implements MailboxRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  enqueueMany(envelopes: readonly NewEnvelope[]): Promise<readonly EnqueueOutcome[]> {
    return this.#gate.use(async (session) => {
      session.requireTransaction('enqueueMany');
      const firsts = new Map<string, NewEnvelope>();
      for (const envelope of envelopes) if (!firsts.has(keyOf(envelope))) firsts.set(keyOf(envelope), envelope);
      const positions = new Map<NewEnvelope, number>();
      for (const piece of statementsOf([...firsts.values()])) {
        const inserted = await insertNew(session, piece);
        inserted.envelopes.forEach((envelope, index) => positions.set(envelope, inserted.firstPosition + index));
      }
      return envelopes.map((envelope) => {
        const position = positions.get(envelope);
        // The caller may have named the very same envelope twice: its second mention is a repeat like any other.
        positions.delete(envelope);
        return position === undefined ? { type: 'duplicate' } : { type: 'stored', position };
      });
    });
  }

  glance(glances: readonly MailboxGlance[], acceptedSince: UnixMs): Promise<readonly MailboxPage[]> {
    return this.#gate.use(async (session) => {
      const pages = glances.map((): WaitingEnvelope[] => []);
      // Shapes of a power of two, as for lists; what fills them up asks for nothing.
      const branches = padded(glances.map((_, slot) => slot)).length;
      const rows = await session.rows(
        repeated(glanceBranch(session), branches, ' UNION ALL '),
        Array.from({ length: branches }, (_, slot) => glances[slot] ?? glances[0]).flatMap((glance, slot) =>
          glance === undefined
            ? []
            : [
                slot,
                ...addressParameters(glance.address),
                glance.after,
                acceptedSince,
                slot < glances.length ? FIRST_PAGE + 1 : 0,
              ],
        ),
      );
      for (const row of rows) pages[integerFrom(row['slot'])]?.push(envelopeOf(row));
      // The order of each branch is not promised to outlive the union.
      return pages.map((page) => {
        const envelopes = page.toSorted((left, right) => left.position - right.position);
        return { envelopes: envelopes.slice(0, FIRST_PAGE), more: envelopes.length > FIRST_PAGE };
      });
    });
  }

  read(address: DeviceAddress, limits: MailboxRead): Promise<MailboxPage> {
    return this.#gate.use(async (session) => {
      const envelopes: WaitingEnvelope[] = [];
      let after = limits.after;
      let bytes = 0;
      // Pages by the sizes seen so far: a full mailbox of large envelopes must not be loaded to send its first few.
      for (let page = Math.min(FIRST_PAGE, limits.mostEnvelopes); ;) {
        const rows = await session.rows(`SELECT ${ENVELOPE_COLUMNS} FROM ${waitingAfter(session)}`, [
          ...addressParameters(address),
          after,
          limits.acceptedSince,
          page + 1,
        ]);
        for (const envelope of rows.slice(0, page).map(envelopeOf)) {
          bytes += envelope.ciphertext.length;
          if (bytes > limits.mostBytes && envelopes.length > 0) return { envelopes, more: true };
          envelopes.push(envelope);
          after = envelope.position;
        }
        if (rows.length <= page) return { envelopes, more: false };
        const roomForEnvelopes = limits.mostEnvelopes - envelopes.length;
        if (roomForEnvelopes === 0 || bytes >= limits.mostBytes) return { envelopes, more: true };
        const averageBytes = Math.max(1, bytes / envelopes.length);
        page = Math.min(roomForEnvelopes, Math.max(1, Math.ceil((limits.mostBytes - bytes) / averageBytes)));
      }
    });
  }

  deleteAt(positions: readonly number[]): Promise<void> {
    return this.#gate.use(async (session) => {
      for (const chunk of inChunks(positions, POSITIONS_PER_STATEMENT)) {
        const wanted = padded(chunk);
        await session.change(`DELETE FROM envelope WHERE position IN (${placeholders(wanted)})`, wanted);
      }
    });
  }

  deleteMany(acknowledgements: readonly Acknowledgement[]): Promise<void> {
    const places = acknowledgements.flatMap(({ accountId, deviceId, envelopeIds }) =>
      envelopeIds.map((envelopeId) => ({ accountId, deviceId, envelopeId })),
    );
    if (places.length === 0) return Promise.resolve();
    return this.#gate.transaction(async (session) => {
      for (const chunk of inChunks(places)) {
        const wanted = padded(chunk);
        await session.change(
          `DELETE FROM envelope WHERE ${repeated(AT_PLACE, wanted.length, ' OR ')}`,
          wanted.flatMap(placeParameters),
        );
      }
    });
  }

  deleteExpired(acceptedBefore: UnixMs, most: number): Promise<number> {
    return this.#gate.transaction(async (session) => {
      // Positions rise with the time of acceptance: the oldest stand first, and no index on times is needed.
      const rows = await session.rows(
        'SELECT position, account_id, device_id, accepted_at FROM envelope ORDER BY position LIMIT ?',
        [most],
      );
      const expired = rows.filter((row) => instantFrom(row['accepted_at']) < acceptedBefore);
      let deleted = 0;
      for (const positions of groupedByDevice(expired)) deleted += await expire(session, positions);
      return deleted;
    });
  }

  count(address: DeviceAddress): Promise<number> {
    return this.#gate.use(async (session) => {
      const [row] = await session.rows(
        'SELECT COUNT(*) AS waiting FROM envelope WHERE account_id = ? AND device_id = ?',
        addressParameters(address),
      );
      return integerFrom(row?.['waiting']);
    });
  }

  takeExpiredCount(address: DeviceAddress): Promise<number> {
    return this.#gate.transaction(async (session) => {
      if (!(await lockDevice(session, address))) return 0;
      const device = addressParameters(address);
      const [row] = await session.rows(
        'SELECT expired_envelopes FROM device WHERE account_id = ? AND device_id = ?',
        device,
      );
      const count = integerFrom(row?.['expired_envelopes']);
      if (count > 0)
        await session.change('UPDATE device SET expired_envelopes = 0 WHERE account_id = ? AND device_id = ?', device);
      return count;
    });
  }
}

interface ExpiredOfDevice extends DeviceAddress {
  readonly positions: number[];
}

/** In the order of the key, so that two sweeps cannot hold what the other waits for. */
const groupedByDevice = (rows: readonly Row[]): ExpiredOfDevice[] => {
  const groups = new Map<string, ExpiredOfDevice>();
  for (const row of rows) {
    const accountId = accountIdFrom(row['account_id']);
    const deviceId = deviceIdFrom(row['device_id']);
    const key = `${accountId} ${deviceId}`;
    const group = groups.get(key) ?? { accountId, deviceId, positions: [] };
    group.positions.push(integerFrom(row['position']));
    groups.set(key, group);
  }
  return [...groups.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
};

/** Counts exactly what this sweep deleted: another sweep or an acknowledgement may have been first with some. */
const expire = async (session: Session, { positions, ...address }: ExpiredOfDevice): Promise<number> => {
  if (!(await lockDevice(session, address))) return 0;
  let deleted = 0;
  for (const chunk of inChunks(positions)) {
    const wanted = padded(chunk);
    deleted += await session.change(`DELETE FROM envelope WHERE position IN (${placeholders(wanted)})`, wanted);
  }
  await session.change(
    'UPDATE device SET expired_envelopes = expired_envelopes + ? WHERE account_id = ? AND device_id = ?',
    [deleted, ...addressParameters(address)],
  );
  return deleted;
};
