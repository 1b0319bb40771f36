import type { LinkJoinRecord, LinkJoinStore, StoredActivation } from '../linking/types.js';
import * as column from './columns.js';
import type { ProfileDatabase, Row } from './database.js';

const activationOf = (row: Row): StoredActivation | undefined => {
  const request = column.optional(row, 'activation', column.text);
  return request === undefined ? undefined : { request, refreshToken: column.bytes(row, 'refresh_token') };
};

/** The link by which this profile is about to get its account. */
export class LinkJoinRepository implements LinkJoinStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  find(): LinkJoinRecord | undefined {
    const row = this.#database.get('SELECT * FROM link_join');
    if (row === undefined) return undefined;
    return {
      server: {
        origin: column.text(row, 'server_origin'),
        trustRoot: column.bytes(row, 'server_trust_root'),
        keys: { bytes: column.bytes(row, 'server_keys'), signature: column.bytes(row, 'server_keys_signature') },
        replaced: [],
      },
      claimant: column.bytes(row, 'claimant'),
      state: column.bytes(row, 'state'),
      activation: activationOf(row),
    };
  }

  save({ server, claimant, state, activation }: LinkJoinRecord): void {
    this.#database.run('INSERT OR REPLACE INTO link_join VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)', [
      server.origin,
      server.trustRoot,
      server.keys.bytes,
      server.keys.signature,
      claimant,
      state,
      activation?.request ?? null,
      activation?.refreshToken ?? null,
    ]);
  }

  remove(): void {
    this.#database.run('DELETE FROM link_join');
  }

  discard(): void {
    this.#database.atomically(() => {
      this.remove();
      // An account has prekeys of its own; without one, all that are there were made for this link.
      if (this.#database.get('SELECT 1 FROM account') !== undefined) return;
      for (const table of ['pre_key', 'signed_pre_key', 'kyber_pre_key', 'pre_key_counter']) {
        this.#database.run(`DELETE FROM ${table}`);
      }
    });
  }
}
