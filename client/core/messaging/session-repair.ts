import type { DeviceMessenger, OpenResult } from '@sotto/crypto';
import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { Clock } from '../net/clock.js';

/** A peer that keeps sending what cannot be opened must not make this device begin sessions without end. */
const PAUSE_MS = 3_600_000;

type Undecryptable = Extract<OpenResult<unknown>, { readonly outcome: 'undecryptable' }>;

/**
 * Puts a session away that no longer decrypts (SPEC §5.7), as after a profile has been restored from an older copy: the next
 * message to the device begins a new one, and with the answer to it both sides are one again.
 */
export class SessionRepair {
  readonly #messenger: DeviceMessenger;
  readonly #clock: Clock;
  readonly #repairedAt = new Map<DeviceId, UnixMs>();

  constructor(messenger: DeviceMessenger, clock: Clock) {
    this.#messenger = messenger;
    this.#clock = clock;
  }

  /** @param failed - the seal has proven who sent it, so that nobody can spoil the session of somebody else */
  async repair(failed: readonly Undecryptable[]): Promise<void> {
    const due = new Set(failed.filter(({ reason }) => reason === 'invalid').map(({ sender }) => sender));
    for (const deviceId of due) {
      if (this.#isTooSoon(deviceId)) due.delete(deviceId);
      else this.#repairedAt.set(deviceId, this.#clock.now());
    }
    if (due.size > 0) await this.#messenger.archiveSessions([...due], () => undefined);
  }

  #isTooSoon(deviceId: DeviceId): boolean {
    const last = this.#repairedAt.get(deviceId);
    // A clock that was set back must not keep the session broken for as long as it was wrong.
    return last !== undefined && Math.abs(this.#clock.now() - last) < PAUSE_MS;
  }
}
