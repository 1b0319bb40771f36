import { idBytes } from '@sotto/protocol/ids';
import type { AccountKeys, AccountRecord, AccountStore, ReplacedCertificate, StoredTokens } from '../account/types.js';
import * as column from './columns.js';
import type { ProfileDatabase, Row } from './database.js';

const keysOf = (row: Row): AccountKeys => ({
  accountIdentityKey: column.bytes(row, 'account_identity_key'),
  recoveryPublicKey: column.bytes(row, 'recovery_public_key'),
  identityKeyPair: column.bytes(row, 'identity_key_pair'),
  deviceSigningKey: column.bytes(row, 'device_signing_key'),
  profileKey: column.bytes(row, 'profile_key'),
  storageKey: column.bytes(row, 'storage_key'),
  wrappedRecoverySeed: column.optional(row, 'wrapped_recovery_seed', column.bytes),
  keysVersion: column.integer(row, 'keys_version'),
  wrappedLinkKey: column.bytes(row, 'wrapped_link_key'),
});

const tokensOf = (row: Row): StoredTokens | undefined => {
  const refreshToken = column.optional(row, 'refresh_token', column.bytes);
  if (refreshToken === undefined) return undefined;
  return { refreshToken, nextRefreshToken: column.optional(row, 'next_refresh_token', column.bytes) };
};

const recordOf = (row: Row, replaced: readonly ReplacedCertificate[]): AccountRecord => ({
  phase: column.oneOf('pending', 'recovering', 'registered')(row, 'phase'),
  accountId: column.accountId(row, 'account_id'),
  username: column.username(row, 'username'),
  deviceId: column.deviceId(row, 'device_id'),
  registrationId: column.integer(row, 'registration_id'),
  server: {
    origin: column.text(row, 'server_origin'),
    trustRoot: column.bytes(row, 'server_trust_root'),
    keys: { bytes: column.bytes(row, 'server_keys'), signature: column.bytes(row, 'server_keys_signature') },
    replaced,
  },
  keys: keysOf(row),
  stretch: {
    salt: column.bytes(row, 'stretch_salt'),
    cost: {
      memoryKiB: column.integer(row, 'stretch_memory_kib'),
      iterations: column.integer(row, 'stretch_iterations'),
      parallelism: column.integer(row, 'stretch_parallelism'),
    },
  },
  tokens: tokensOf(row),
  pendingRequest: column.optional(row, 'pending_request', column.text),
});

const MADE_FOR_ACCOUNT = [
  'pre_key',
  'signed_pre_key',
  'kyber_pre_key',
  'pre_key_publication',
  'replaced_server_certificate',
  'account',
] as const;

/** The one account of this profile, with every private key of it and of this device. */
export class AccountRepository implements AccountStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  find(): AccountRecord | undefined {
    const row = this.#database.get('SELECT * FROM account JOIN account_keys USING (only)');
    return row === undefined ? undefined : recordOf(row, this.#replaced());
  }

  #replaced(): readonly ReplacedCertificate[] {
    return this.#database
      .all('SELECT * FROM replaced_server_certificate ORDER BY replaced_at, certificate')
      .map((row) => ({
        certificate: column.bytes(row, 'certificate'),
        replacedAt: column.instant(row, 'replaced_at'),
      }));
  }

  save(record: AccountRecord): void {
    this.#database.atomically(() => {
      this.#saveAccount(record);
      this.#saveKeys(record.keys);
      this.#saveReplaced(record.server.replaced);
    });
  }

  #saveAccount({ server, stretch, tokens, ...record }: AccountRecord): void {
    this.#database.run(
      `INSERT INTO account VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (only) DO UPDATE SET
         phase = excluded.phase, account_id = excluded.account_id, username = excluded.username,
         device_id = excluded.device_id, registration_id = excluded.registration_id,
         server_origin = excluded.server_origin, server_trust_root = excluded.server_trust_root,
         server_keys = excluded.server_keys, server_keys_signature = excluded.server_keys_signature,
         stretch_salt = excluded.stretch_salt, stretch_memory_kib = excluded.stretch_memory_kib,
         stretch_iterations = excluded.stretch_iterations, stretch_parallelism = excluded.stretch_parallelism,
         refresh_token = excluded.refresh_token, next_refresh_token = excluded.next_refresh_token,
         pending_request = excluded.pending_request`,
      [
        record.phase,
        idBytes(record.accountId),
        record.username,
        idBytes(record.deviceId),
        record.registrationId,
        server.origin,
        server.trustRoot,
        server.keys.bytes,
        server.keys.signature,
        stretch.salt,
        stretch.cost.memoryKiB,
        stretch.cost.iterations,
        stretch.cost.parallelism,
        tokens?.refreshToken ?? null,
        tokens?.nextRefreshToken ?? null,
        record.pendingRequest ?? null,
      ],
    );
  }

  #saveKeys(keys: AccountKeys): void {
    this.#database.run('INSERT OR REPLACE INTO account_keys VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
      keys.accountIdentityKey,
      keys.recoveryPublicKey,
      keys.identityKeyPair,
      keys.deviceSigningKey,
      keys.profileKey,
      keys.storageKey,
      keys.wrappedRecoverySeed ?? null,
      keys.wrappedLinkKey,
      keys.keysVersion,
    ]);
  }

  #saveReplaced(replaced: readonly ReplacedCertificate[]): void {
    this.#database.run('DELETE FROM replaced_server_certificate');
    for (const { certificate, replacedAt } of replaced) {
      this.#database.run('INSERT INTO replaced_server_certificate VALUES (?, ?)', [certificate, replacedAt]);
    }
  }

  discardPending(): void {
    this.#discard('pending');
  }

  discardRecovering(): void {
    this.#discard('recovering');
  }

  #discard(phase: 'pending' | 'recovering'): void {
    this.#database.atomically(() => {
      const pending = this.#database.get('SELECT account_id FROM account WHERE phase = ?', [phase]);
      if (pending === undefined) return;
      this.#database.run('DELETE FROM device_pin WHERE account_id = ?', [column.bytes(pending, 'account_id')]);
      for (const table of MADE_FOR_ACCOUNT) this.#database.run(`DELETE FROM ${table}`);
    });
  }
}
