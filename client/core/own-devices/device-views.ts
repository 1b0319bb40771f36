import type { CoreEvent, DevicesView, DeviceView } from '@sotto/client/bridge';
import type { VerifiedHead } from '@sotto/crypto';
import type { DeviceName } from '@sotto/protocol/content';
import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { SeenDevice } from '../storage/seen-device-repository.js';

/** What the server said, when it was last asked, beside the list. */
export interface ServerWords {
  readonly limit: number;
  readonly lastSeenAt: ReadonlyMap<DeviceId, UnixMs>;
}

interface DeviceFacts {
  readonly own: DeviceId;
  readonly head: VerifiedHead;
  readonly alarm: boolean;
  readonly names: readonly DeviceName[];
  readonly seen: readonly SeenDevice[];
  readonly server: ServerWords;
}

/** The devices of the account as people see them: this one first, then the longest linked. */
export const devicesView = ({ own, head, alarm, names, seen, server }: DeviceFacts): DevicesView => {
  const nameOf = new Map(names.map((name) => [name.deviceId, name]));
  const stateOf = new Map(seen.map(({ deviceId, state }) => [deviceId, state]));
  const devices = head.devices.map(({ deviceId, issuedAt, linkKey }): DeviceView => {
    const lastSeenAt = server.lastSeenAt.get(deviceId);
    return {
      deviceId,
      name: nameOf.get(deviceId)?.name ?? '',
      system: nameOf.get(deviceId)?.system ?? '',
      own: deviceId === own,
      linkedAt: issuedAt,
      ...(lastSeenAt === undefined ? {} : { lastSeenAt }),
      canLink: linkKey !== undefined,
      unacknowledged: stateOf.get(deviceId) !== 'known',
    };
  });
  return {
    devices: devices.toSorted((left, right) => Number(right.own) - Number(left.own) || left.linkedAt - right.linkedAt),
    limit: server.limit,
    alarm,
  };
};

/** @param appeared - the devices that the person has to be told of now */
export const devicesEvent = (devices: DevicesView, appeared: readonly DeviceId[]): CoreEvent => ({
  type: 'devices',
  devices,
  ...(appeared.length === 0 ? {} : { appeared: [...appeared] }),
});
