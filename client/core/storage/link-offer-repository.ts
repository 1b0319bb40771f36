import type { LinkOfferRecord, LinkOfferStore, StoredApproval } from '../linking/types.js';
import * as column from './columns.js';
import type { ProfileDatabase, Row } from './database.js';

const approvalOf = (row: Row): StoredApproval | undefined => {
  const request = column.optional(row, 'approval', column.text);
  if (request === undefined) return undefined;
  return {
    request,
    deviceName: column.text(row, 'device_name'),
    archiveId: column.optional(row, 'archive_id', column.bytes),
  };
};

/** The link that this device offers to a new one. */
export class LinkOfferRepository implements LinkOfferStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  find(): LinkOfferRecord | undefined {
    const row = this.#database.get('SELECT * FROM link_offer');
    return row && { linkSessionId: column.bytes(row, 'link_session_id'), approval: approvalOf(row) };
  }

  save({ linkSessionId, approval }: LinkOfferRecord): void {
    this.#database.run('INSERT OR REPLACE INTO link_offer VALUES (1, ?, ?, ?, ?)', [
      linkSessionId,
      approval?.request ?? null,
      approval?.deviceName ?? null,
      approval?.archiveId ?? null,
    ]);
  }

  remove(): void {
    this.#database.run('DELETE FROM link_offer');
  }
}
