import { BridgeError, type DevicesView } from '@sotto/client/bridge';
import type { VerifiedHead } from '@sotto/crypto';
import { parseUnixMs, type AccountId, type DeviceId, type UnixMs } from '@sotto/protocol/ids';
import { LIMITS } from '@sotto/protocol/wire';
import { headOf } from '../devices/device-pin.js';
import type { DevicePinStore } from '../devices/types.js';
import { later, type Clock } from '../net/clock.js';
import type { AccountApi } from '../net/types.js';
import type { AccountStateRepository } from '../storage/account-state-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { SeenDevice, SeenDeviceRepository } from '../storage/seen-device-repository.js';
import type { Announcer } from '../sync/announcer.js';
import { devicesView, type ServerWords } from './device-views.js';
import { thisSystem } from './this-system.js';

const instant = (ms: number): UnixMs => {
  const parsed = parseUnixMs(ms);
  if (parsed === undefined) throw new Error('not a time');
  return parsed;
};

/** Somebody who has not looked at a new device by then is told again. */
const REMIND_AFTER_MS = 24 * 3_600_000;
/** A name that nobody has chosen yields to every one that somebody did. */
const NEVER_CHOSEN = instant(1);
const UNASKED: ServerWords = { limit: LIMITS.devicesDefault, lastSeenAt: new Map() };

export interface OwnDevicesParts {
  readonly self: { readonly accountId: AccountId; readonly deviceId: DeviceId };
  readonly database: ProfileDatabase;
  readonly pins: Pick<DevicePinStore, 'find'>;
  readonly seen: SeenDeviceRepository;
  readonly state: AccountStateRepository;
  readonly announcer: Announcer;
  readonly api: AccountApi;
  readonly clock: Clock;
  /** A device has taken itself off the list, and this one is to see to what follows. Part of a transaction. */
  readonly onDeviceLeft: () => void;
  /** `appeared`: the devices that the person has to be told of now. */
  readonly emit: (devices: DevicesView, appeared: readonly DeviceId[]) => void;
}

/** The devices of the account: what they are called, and whether the person knows them (claim P13). */
export class OwnDevices {
  readonly #parts: OwnDevicesParts;
  #server = UNASKED;
  #told = '';
  #stopReminding: () => void = () => undefined;

  constructor(parts: OwnDevicesParts) {
    this.#parts = parts;
  }

  /** Before anything new is fetched: what is on the list when a device begins is known to it. */
  start(): void {
    this.#nameItself();
    this.look();
  }

  stop(): void {
    this.#stopReminding();
  }

  /** Looks at the verified list as it is now, and tells if something about it is new. */
  look(): void {
    const { database } = this.#parts;
    const head = this.#head;
    if (head === undefined) return;
    const appeared = database.atomically(() => [...this.#adopt(head), ...this.#remind()]);
    this.#planReminder();
    const devices = this.#view(head);
    const words = JSON.stringify(devices);
    if (words === this.#told && appeared.length === 0) return;
    this.#told = words;
    database.afterCommit(() => this.#parts.emit(devices, appeared));
  }

  /** Asks the server when the devices were last there; without an answer the list is shown as it is known here. */
  async list(): Promise<DevicesView> {
    const answer = await this.#parts.api.call('ownDevices', {});
    if (answer.outcome === 'ok') {
      const seen = answer.value.devices.flatMap(({ deviceId, lastSeenAt }) =>
        lastSeenAt === undefined ? [] : [[deviceId, lastSeenAt] as const],
      );
      this.#server = { limit: answer.value.limit, lastSeenAt: new Map(seen) };
    } else {
      this.#server = { ...this.#server, lastSeenAt: new Map() };
    }
    return this.view();
  }

  view(): DevicesView {
    const head = this.#head;
    if (head === undefined) throw new Error('the own device list is not pinned');
    return this.#view(head);
  }

  rename(deviceId: DeviceId, name: string): DevicesView {
    const { database, state, announcer } = this.#parts;
    this.#find(deviceId);
    const present = state.deviceName(deviceId);
    if (present?.name !== name) {
      database.atomically(() => {
        const setAt = announcer.timeAfter(present?.setAt ?? NEVER_CHOSEN);
        const next = { deviceId, name, system: present?.system ?? '', setAt };
        state.saveDeviceName(next);
        announcer.tell({ kind: 'deviceName', ...next });
      });
      this.look();
    }
    return this.view();
  }

  /** The person knows this device. */
  acknowledge(deviceId: DeviceId): DevicesView {
    const { database, seen, clock } = this.#parts;
    this.#find(deviceId);
    database.atomically(() => seen.save({ deviceId, seenAt: clock.now(), state: 'known' }));
    this.look();
    return this.view();
  }

  get #head(): VerifiedHead | undefined {
    const pin = this.#parts.pins.find(this.#parts.self.accountId);
    return pin && headOf(pin);
  }

  #find(deviceId: DeviceId): void {
    if (this.#head?.findDevice(deviceId) === undefined) throw new BridgeError('deviceNotFound');
  }

  #view(head: VerifiedHead): DevicesView {
    const { self, pins, state, seen } = this.#parts;
    return devicesView({
      own: self.deviceId,
      head,
      alarm: pins.find(self.accountId)?.alarm ?? false,
      names: state.deviceNames(),
      seen: seen.list(),
      server: this.#server,
    });
  }

  #nameItself(): void {
    const { self, database, state, announcer } = this.#parts;
    if (state.deviceName(self.deviceId) !== undefined) return;
    const system = thisSystem().slice(0, 32);
    const own = { deviceId: self.deviceId, name: `Sotto on ${system}`, system, setAt: NEVER_CHOSEN };
    database.atomically(() => {
      state.saveDeviceName(own);
      announcer.tell({ kind: 'deviceName', ...own });
    });
  }

  /** Brings what was seen in line with the list; returns the devices that nobody here can know yet. */
  #adopt(head: VerifiedHead): readonly DeviceId[] {
    const { seen, clock } = this.#parts;
    const before = new Map(seen.list().map((device) => [device.deviceId, device]));
    const isKnown = before.size === 0 || this.#hasSigned(head);
    const appeared: DeviceId[] = [];
    for (const { deviceId } of head.devices) {
      if (before.delete(deviceId)) continue;
      const state = isKnown || deviceId === this.#parts.self.deviceId ? 'known' : 'new';
      seen.save({ deviceId, seenAt: clock.now(), state });
      if (state === 'new') appeared.push(deviceId);
    }
    for (const deviceId of before.keys()) seen.remove(deviceId);
    if (before.size > 0 && this.#takesOver(head)) this.#parts.onDeviceLeft();
    return appeared;
  }

  /** Nobody has replaced the keys for a device that left by itself: the first that is left does. */
  #takesOver({ list: { signer }, devices }: VerifiedHead): boolean {
    return signer.kind === 'deviceSigningKey' && devices[0]?.deviceId === this.#parts.self.deviceId;
  }

  /** Whom this very device has put on the list, its person has looked at. */
  #hasSigned({ list: { signer } }: VerifiedHead): boolean {
    return signer.kind === 'linkKey' && signer.deviceId === this.#parts.self.deviceId;
  }

  #remind(): readonly DeviceId[] {
    const { seen, clock } = this.#parts;
    const due = this.#unknown().filter(({ seenAt }) => later(seenAt, REMIND_AFTER_MS) <= clock.now());
    for (const device of due) seen.save({ ...device, state: 'reminded' });
    return due.map(({ deviceId }) => deviceId);
  }

  #planReminder(): void {
    const { clock } = this.#parts;
    this.#stopReminding();
    const [next] = this.#unknown().toSorted((left, right) => left.seenAt - right.seenAt);
    if (next === undefined) return;
    const delayMs = Math.max(later(next.seenAt, REMIND_AFTER_MS) - clock.now(), 0);
    this.#stopReminding = clock.after(delayMs, () => this.look());
  }

  #unknown(): readonly SeenDevice[] {
    return this.#parts.seen.list().filter(({ state }) => state === 'new');
  }
}
