import {
  BridgeError,
  CORE_METHODS,
  type AppView,
  type CoreApi,
  type CoreEvent,
  type CoreMethod,
  type ParamsOf,
  type ResultOf,
} from '@sotto/client/bridge';
import { parsePassword, systemRandom, type RandomSource } from '@sotto/crypto';
import { parseNewPassword } from './account/new-password.js';
import { Turns } from './account/turns.js';
import type { CoreMethods } from './core-context.js';
import { coreMethods } from './core-methods.js';
import type { CoreLog } from './log.js';
import { systemClock, type Clock } from './net/clock.js';
import { OpenProfile, type Running } from './open-profile.js';
import type { KeyVault } from './storage/key-vault.js';
import { Profile, type KeyProtection } from './storage/profile.js';
import { StorageError } from './storage/storage-error.js';

export interface CoreOptions {
  /** Holds everything of one person on this machine; made where it is not there. */
  readonly profileFolder: string;
  /** The system's keychain, where there is one. Without it the key lies in a file until a passphrase is set. */
  readonly keyVault?: KeyVault | undefined;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly logger?: CoreLog;
}

/** The application without an interface. */
export interface Core extends CoreApi {
  /** `keyFile`: who copies the profile folder can read it, so the host of the core should say so. */
  readonly keyProtection: KeyProtection;
  /** Ends everything that is under way and lets go of the profile. */
  stop(): Promise<void>;
}

interface Surroundings {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: CoreLog;
  readonly profileFolder: string;
}

const bridgeErrorOf = (error: unknown): BridgeError => {
  if (error instanceof BridgeError) return error;
  if (!(error instanceof StorageError)) return new BridgeError('internal', {}, { cause: error });
  return error.fault === 'inUse'
    ? new BridgeError('profileInUse', {}, { cause: error })
    : new BridgeError('storageBroken', { reason: error.fault }, { cause: error });
};

/** As people write it: with the sign before it or without, in capitals or not. */
const usernameOf = (typed: string): string => typed.trim().replace(/^@/, '').toLowerCase();

class SottoCore implements Core {
  readonly #profile: Profile;
  readonly #surroundings: Surroundings;
  readonly #methods: CoreMethods;
  readonly #listeners = new Set<(event: CoreEvent) => void>();
  /** Unlocking and changing the passphrase take their time, and must not overlap. */
  readonly #turns = new Turns();
  #open: OpenProfile | undefined;

  constructor(profile: Profile, surroundings: Surroundings) {
    this.#profile = profile;
    this.#surroundings = surroundings;
    this.#methods = coreMethods({
      app: () => this.#app(),
      profile: () => this.#opened(),
      running: () => this.#running(),
      working: () => this.#working(),
      unlock: (passphrase) => this.#turns.take(() => this.#unlock(passphrase)),
      eraseProfile: (confirmed) => this.#turns.take(() => this.#erase(confirmed)),
      setPassphrase: (current, next) => this.#turns.take(() => this.#setPassphrase(current, next)),
    });
    if (profile.protection === 'keyFile') surroundings.log('keyFile.unprotected');
    this.#begin();
  }

  get keyProtection(): KeyProtection {
    return this.#profile.protection;
  }

  async call<M extends CoreMethod>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    // A bridge may hand through what its other end made up.
    const known = Object.hasOwn(CORE_METHODS, method) ? CORE_METHODS[method] : undefined;
    const parsed = known?.params.safeParse(params);
    if (parsed?.success !== true) throw new BridgeError('badCall', {}, { cause: parsed?.error });
    try {
      // The method's own schema has just parsed them; the compiler cannot follow that from a method chosen by name.
      return await this.#methods[method](parsed.data as ParamsOf<M>);
    } catch (error) {
      const refusal = bridgeErrorOf(error);
      if (refusal.failure.code === 'internal') this.#surroundings.log('failed', { code: method });
      throw refusal;
    }
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await this.#turns.take(async () => open?.close());
    this.#profile.close();
  }

  /** Goes to work as soon as the database is open. */
  #begin(): void {
    const { database } = this.#profile;
    if (database === undefined || this.#open !== undefined) return;
    const open = new OpenProfile({ database, ...this.#surroundings, emit: (event) => this.#emit(event) });
    this.#open = open;
    open.start();
    open.resume().catch(() => this.#surroundings.log('failed', { code: 'resume' }));
  }

  #emit(event: CoreEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // A listener is outside of the core: its fault must not look like one of the work that it is told about.
        this.#surroundings.log('listener.failed');
      }
    }
  }

  #app(): AppView {
    return this.#open === undefined ? { phase: 'locked' } : this.#open.view();
  }

  #opened(): OpenProfile {
    if (this.#open === undefined) throw new BridgeError('locked');
    return this.#open;
  }

  #running(): Running {
    const { running } = this.#opened();
    if (running === undefined) throw new BridgeError('noAccount');
    return running;
  }

  #working(): Running {
    const running = this.#running();
    if (!running.link.standing.isListed) throw new BridgeError('unlinked');
    return running;
  }

  async #unlock(typed: string): Promise<void> {
    const passphrase = parsePassword(typed);
    const outcome = passphrase === undefined ? 'wrongPassphrase' : await this.#profile.unlock(passphrase);
    if (outcome === 'wrongPassphrase') throw new BridgeError('wrongPassphrase');
    this.#begin();
    this.#opened().tell();
  }

  async #erase(confirmed: string | undefined): Promise<AppView> {
    const { username } = this.#running().account;
    const isMeant = confirmed === undefined || usernameOf(confirmed) === usernameOf(username);
    if (!isMeant) throw new BridgeError('usernameDiffers');
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
    await this.#profile.erase();
    this.#begin();
    const app = this.#app();
    this.#emit({ type: 'app', app });
    return app;
  }

  async #setPassphrase(current: string | undefined, next: string): Promise<void> {
    this.#opened();
    const passphrase = await parseNewPassword(next, []);
    const outcome = await this.#profile.setPassphrase(
      current === undefined ? undefined : parsePassword(current),
      passphrase,
    );
    if (outcome === 'wrongPassphrase') throw new BridgeError('wrongPassphrase');
  }
}

/**
 * Starts the application on a profile folder. Rejects with a `BridgeError`: `profileInUse` where another program holds the
 * folder, `storageBroken` where it cannot be read.
 */
export const createCore = async (options: CoreOptions): Promise<Core> => {
  const { profileFolder, keyVault, clock = systemClock, random = systemRandom, logger = () => undefined } = options;
  try {
    const profile = await Profile.open({ folder: profileFolder, random, vault: keyVault });
    return new SottoCore(profile, { clock, random, log: logger, profileFolder });
  } catch (error) {
    throw bridgeErrorOf(error);
  }
};
