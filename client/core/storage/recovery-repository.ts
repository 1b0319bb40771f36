import type { UnixMs } from '@sotto/protocol/ids';
import { z } from 'zod';
import type {
  NewRootRecord,
  NewRootStore,
  RecoveryKitStore,
  RecoveryRecord,
  RecoveryStore,
} from '../recovery/records.js';
import * as column from './columns.js';
import type { ProfileDatabase } from './database.js';

const Groups = z.array(z.number().int());

/** What is kept of the recovery kit beside the wrapped seed. */
export class RecoveryKitRepository implements RecoveryKitStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  asked(): readonly number[] {
    const row = this.#database.get('SELECT asked FROM recovery_kit');
    return row === undefined ? [] : Groups.parse(JSON.parse(column.text(row, 'asked')));
  }

  ask(groups: readonly number[]): void {
    this.#database.run('INSERT OR REPLACE INTO recovery_kit VALUES (1, ?, NULL)', [JSON.stringify(groups)]);
  }

  confirmedAt(): UnixMs | undefined {
    const row = this.#database.get('SELECT confirmed_at FROM recovery_kit');
    return row && column.optional(row, 'confirmed_at', column.instant);
  }

  confirm(at: UnixMs): void {
    this.#database.run("INSERT OR REPLACE INTO recovery_kit VALUES (1, '[]', ?)", [at]);
  }
}

/** A recovery under way. */
export class RecoveryRepository implements RecoveryStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  find(): RecoveryRecord | undefined {
    const row = this.#database.get('SELECT * FROM recovery');
    return (
      row && {
        state: column.oneOf('asking', 'held', 'vetoed')(row, 'state'),
        heldUntil: column.optional(row, 'held_until', column.instant),
        oldStorageKey: column.bytes(row, 'old_storage_key'),
        storageRecordVersion: column.integer(row, 'storage_record_version'),
        deviceName: column.text(row, 'device_name'),
      }
    );
  }

  save({ state, heldUntil, oldStorageKey, storageRecordVersion, deviceName }: RecoveryRecord): void {
    this.#database.run('INSERT OR REPLACE INTO recovery VALUES (1, ?, ?, ?, ?, ?)', [
      state,
      heldUntil ?? null,
      oldStorageKey,
      storageRecordVersion,
      deviceName,
    ]);
  }

  remove(): void {
    this.#database.run('DELETE FROM recovery');
  }
}

/** A new root that waits. */
export class NewRootRepository implements NewRootStore {
  readonly #database: ProfileDatabase;

  constructor(database: ProfileDatabase) {
    this.#database = database;
  }

  find(): NewRootRecord | undefined {
    const row = this.#database.get('SELECT * FROM new_root');
    return (
      row && {
        wrappedSeed: column.bytes(row, 'wrapped_seed'),
        accountIdentityKey: column.bytes(row, 'account_identity_key'),
        recoveryPublicKey: column.bytes(row, 'recovery_public_key'),
        request: column.text(row, 'request'),
        effectiveAt: column.optional(row, 'effective_at', column.instant),
      }
    );
  }

  save(record: NewRootRecord): void {
    this.#database.run('INSERT OR REPLACE INTO new_root VALUES (1, ?, ?, ?, ?, ?)', [
      record.wrappedSeed,
      record.accountIdentityKey,
      record.recoveryPublicKey,
      record.request,
      record.effectiveAt ?? null,
    ]);
  }

  remove(): void {
    this.#database.run('DELETE FROM new_root');
  }
}
