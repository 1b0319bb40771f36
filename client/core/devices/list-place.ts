import type { DeviceListPlace } from '@sotto/protocol/wire';

export const isBeyond = (left: DeviceListPlace, right: DeviceListPlace): boolean =>
  left.epoch > right.epoch || (left.epoch === right.epoch && left.number > right.number);
