import type {
  CoreApi,
  HISTORY_METHODS,
  LINKING_METHODS,
  OWN_DEVICE_METHODS,
  RECOVERY_METHODS,
} from '@sotto/client/bridge';
import type { z } from 'zod';

type Methods = typeof HISTORY_METHODS & typeof LINKING_METHODS & typeof OWN_DEVICE_METHODS & typeof RECOVERY_METHODS;
export type DeviceMethod = keyof Methods;
export type DeviceParams<M extends DeviceMethod> = z.infer<Methods[M]['params']>;
export type DeviceResult<M extends DeviceMethod> = z.infer<Methods[M]['result']>;

/** The core's methods for own devices, links and recovery. */
export interface DeviceApi extends Pick<CoreApi, 'subscribe'> {
  call<M extends DeviceMethod>(method: M, params: DeviceParams<M>): Promise<DeviceResult<M>>;
}
