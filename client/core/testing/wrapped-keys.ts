import { systemRandom } from '@sotto/crypto';
import { WrappedKeys } from '../account/wrapped-keys.js';
import { systemClock } from '../net/clock.js';
import { AccountRepository } from '../storage/account-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import { EarlierPasswordKeyRepository } from '../storage/earlier-password-key-repository.js';

/** What the password opens on a profile, as a running program has it. */
export const wrappedKeysOf = (database: ProfileDatabase, onEarlierKey: () => void = () => undefined): WrappedKeys =>
  new WrappedKeys({
    accounts: new AccountRepository(database),
    earlier: new EarlierPasswordKeyRepository(database),
    atomically: database.atomically,
    random: systemRandom,
    clock: systemClock,
    onEarlierKey,
  });
