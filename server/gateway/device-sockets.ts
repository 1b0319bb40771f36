import type { DeviceId } from '@sotto/protocol/ids';

const SOCKETS_MOST = 5;

/** A socket that can be ended because its device has opened newer ones. */
export interface Supersedable {
  supersede(): void;
}

/** The open sockets of each device: at most five, the oldest gives way. */
export class DeviceSockets {
  readonly #sockets = new Map<DeviceId, Set<Supersedable>>();

  add(deviceId: DeviceId, socket: Supersedable): void {
    const sockets = this.#sockets.get(deviceId) ?? new Set();
    this.#sockets.set(deviceId, sockets.add(socket));
    if (sockets.size <= SOCKETS_MOST) return;
    const [oldest] = sockets;
    if (oldest === undefined) return;
    sockets.delete(oldest);
    oldest.supersede();
  }

  remove(deviceId: DeviceId, socket: Supersedable): void {
    const sockets = this.#sockets.get(deviceId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#sockets.delete(deviceId);
  }
}
