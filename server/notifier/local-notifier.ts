import type { DeviceId } from '@sotto/protocol/ids';
import type { DeviceListener, FreshMail, Notifier } from './notifier.js';

/** Wakes the sockets of this process. All there is where one process serves everybody. */
export class LocalNotifier implements Notifier {
  readonly #listeners = new Map<DeviceId, Set<DeviceListener>>();

  async subscribe(deviceId: DeviceId, listener: DeviceListener): Promise<() => void> {
    return this.listen(deviceId, listener);
  }

  listen(deviceId: DeviceId, listener: DeviceListener): () => void {
    const listeners = this.#listeners.get(deviceId) ?? new Set();
    this.#listeners.set(deviceId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(deviceId) === listeners) this.#listeners.delete(deviceId);
    };
  }

  arrived(mail: readonly FreshMail[]): void {
    for (const fresh of mail) this.#each(fresh.deviceId, (listener) => listener.onFresh(fresh));
  }

  waiting(deviceId: DeviceId, upTo: number): void {
    this.#each(deviceId, (listener) => listener.onWaiting(upTo));
  }

  ended(deviceId: DeviceId): void {
    this.#each(deviceId, (listener) => listener.onStanding());
  }

  has(deviceId: DeviceId): boolean {
    return this.#listeners.has(deviceId);
  }

  /** Every device that somebody listens for. */
  deviceIds(): readonly DeviceId[] {
    return [...this.#listeners.keys()];
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #each(deviceId: DeviceId, tell: (listener: DeviceListener) => void): void {
    const listeners = this.#listeners.get(deviceId);
    // A copy: a listener may end its subscription while it is told.
    if (listeners !== undefined) for (const listener of [...listeners]) tell(listener);
  }
}
