import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import type { DevicePinStore, OwnStanding, PeerDevices } from './types.js';

interface OwnDevice {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
}

/** Reads from the own account's verified list whether this device still is one of it: a server's word alone unlinks nobody. */
export class OwnDeviceStanding implements OwnStanding {
  readonly #own: OwnDevice;
  readonly #devices: PeerDevices;
  readonly #pins: DevicePinStore;
  #isDisowned = false;

  constructor(own: OwnDevice, parts: { readonly devices: PeerDevices; readonly pins: DevicePinStore }) {
    this.#own = own;
    this.#devices = parts.devices;
    this.#pins = parts.pins;
  }

  get isListed(): boolean {
    const pin = this.#pins.find(this.#own.accountId);
    return pin?.devices.some(({ deviceId }) => deviceId === this.#own.deviceId) ?? true;
  }

  get isDisowned(): boolean {
    return this.#isDisowned;
  }

  async check(): Promise<boolean> {
    const refreshed = await this.#devices.refresh(this.#own.accountId);
    this.#isDisowned = refreshed.outcome === 'unknownAccount';
    return this.isListed;
  }
}
