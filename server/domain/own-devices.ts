import type { OwnDevices as OwnDevicesAnswer } from '@sotto/protocol/wire';
import type { Notifier } from '../notifier/notifier.js';
import type { Storage } from '../storage/storage.js';
import type { DeviceCaller } from './access-tokens.js';
import type { Clock } from './clock.js';
import { done, type Outcome } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';
import type { StepUp } from './step-up.js';

export interface OwnDevicesParts {
  readonly storage: Pick<Storage, 'devices' | 'refreshTokens'>;
  readonly stepUp: StepUp;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly maxDevices: number;
}

/** What a person sees of the devices of his own account, and how he signs the others out. */
export class OwnDevices {
  readonly #parts: OwnDevicesParts;

  constructor(parts: OwnDevicesParts) {
    this.#parts = parts;
  }

  async list(caller: DeviceCaller): Promise<Outcome<OwnDevicesAnswer>> {
    const { storage, limiter, clock, maxDevices } = this.#parts;
    const limit = await limiter.take('ownDevices', caller.deviceId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const now = clock();
    const devices: OwnDevicesAnswer['devices'] = [];
    for (const device of await storage.devices.list(caller.accountId)) {
      const { deviceId, linkedAt, lastSeenAt } = device;
      const signedIn = await storage.refreshTokens.isLive(device, now);
      devices.push({ deviceId, linkedAt, ...(lastSeenAt === undefined ? {} : { lastSeenAt }), signedIn });
    }
    return done({ devices, limit: maxDevices, serverTime: now });
  }

  /** Ends the tokens of all other devices and closes their sockets. They stay on the list, and come back with the password. */
  async signOutOthers(caller: DeviceCaller, stepUpToken: string): Promise<Outcome<Record<string, never>>> {
    const { storage, stepUp, limiter, notifier } = this.#parts;
    const limit = await limiter.take('ownDevices', caller.deviceId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const refusal = await stepUp.check(caller, stepUpToken);
    if (refusal !== undefined) return refusal;
    const devices = await storage.devices.list(caller.accountId);
    const others = devices.filter(({ deviceId }) => deviceId !== caller.deviceId);
    for (const device of others) await storage.refreshTokens.end(device);
    for (const { deviceId } of others) notifier.ended(deviceId);
    return done({});
  }
}
