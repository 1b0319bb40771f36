import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import { LIFETIMES } from '@sotto/protocol/wire';
import type { Device } from '../../storage/device-repository.js';
import { laterBy } from '../clock.js';

const DAY_MS = 24 * 3_600_000;

/** When a device was last there, at the latest: the server remembers the day alone. */
const lastThere = ({ linkedAt, lastSeenAt }: Device): UnixMs =>
  lastSeenAt === undefined ? linkedAt : laterBy(lastSeenAt, DAY_MS);

/** Is a device of the account in use, other than the one that acts? Then somebody is there who can say no. */
export const isAnotherInUse = (devices: readonly Device[], acting: DeviceId | undefined, now: UnixMs): boolean =>
  devices.some((device) => device.deviceId !== acting && laterBy(lastThere(device), LIFETIMES.deviceInUseMs) > now);
