import type { CoreEvent } from '@sotto/client/bridge';
import type { RandomSource } from '@sotto/crypto';
import type { ServerLink } from '../account/server-link.js';
import type { WrappedKeys } from '../account/wrapped-keys.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import { AccountRepository } from '../storage/account-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import { DevicePinRepository } from '../storage/device-pin-repository.js';
import { NewRootRepository, RecoveryKitRepository } from '../storage/recovery-repository.js';
import { NewRoot } from './new-root.js';
import { RecoveryGuard } from './recovery-guard.js';
import { RecoveryKit } from './recovery-kit.js';
import { PendingWatch } from './pending-watch.js';

interface AccountCareParts {
  readonly database: ProfileDatabase;
  readonly link: ServerLink;
  readonly wrappedKeys: WrappedKeys;
  readonly storageRecordVersion: () => number;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly log: CoreLog;
  readonly emit: (event: CoreEvent) => void;
}

/** What an account at work does about its recovery key. */
export class AccountCare {
  readonly kit: RecoveryKit;
  readonly guard: RecoveryGuard;
  readonly newRoot: NewRoot;
  readonly #watch: PendingWatch;

  constructor({ database, link, wrappedKeys, storageRecordVersion, random, clock, log, emit }: AccountCareParts) {
    const accounts = new AccountRepository(database);
    const pins = new DevicePinRepository(database);
    const kit = new RecoveryKitRepository(database);
    const api = link.account;
    const shared = { accounts, wrappedKeys, pins, kit, api, storageRecordVersion, random, clock };
    const tellKit = () => emit({ type: 'recoveryKit', recoveryKit: this.kit.view() });
    this.kit = new RecoveryKit({ ...shared, database, emit: tellKit });
    this.guard = new RecoveryGuard({ accounts, wrappedKeys, pins, api });
    this.#watch = new PendingWatch({
      connection: link.connection,
      pending: () => this.guard.pending(),
      emit: (pendingRecoveries) => emit({ type: 'pendingRecoveries', pendingRecoveries: [...pendingRecoveries] }),
      log,
    });
    this.newRoot = new NewRoot({
      ...shared,
      devices: link.devices,
      newRoots: new NewRootRepository(database),
      atomically: database.atomically,
      serverTime: link.serverTime,
      log,
      onReplaced: tellKit,
    });
  }

  start(): void {
    this.#watch.start();
    this.newRoot.start();
  }

  async stop(): Promise<void> {
    this.#watch.stop();
    await this.newRoot.stop();
  }
}
