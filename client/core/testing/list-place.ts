import { parseDeviceList } from '@sotto/crypto/server';
import type { DeviceListEntry, DeviceListPlace } from '@sotto/protocol/wire';

/** Where a step stands in its chain. */
export const placeOf = (step: Pick<DeviceListEntry, 'list'> | undefined): DeviceListPlace => {
  const list = step && parseDeviceList(step.list.bytes);
  if (list === undefined) throw new Error('there is no device list');
  return { epoch: list.epoch, number: list.number };
};
