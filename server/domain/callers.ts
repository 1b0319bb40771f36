import type { Log } from '../log.js';
import type { DeviceAddress, DeviceRepository } from '../storage/device-repository.js';
import type { RefreshTokenRepository } from '../storage/refresh-token-repository.js';
import type { AccessTokens, Caller, DeviceCaller } from './access-tokens.js';
import type { Clock } from './clock.js';
import { done, refuse, type Outcome } from './outcome.js';

const INVALID = refuse('unauthorized', 'The access token is not one that this server has issued. Sign in again.');
const EXPIRED = refuse('tokenExpired', 'The access token has expired. Refresh it and try again.');
const SIGNED_OUT = refuse('unauthorized', 'This device is signed out. Sign in again.');
const NOT_LISTED = refuse('deviceNotListed', 'This device is not on the device list of its account.');
const DEVICE_WANTED = refuse('accessDenied', 'This needs an access token of a device, not of the account pages.');

export interface CallersParts {
  readonly tokens: AccessTokens;
  readonly devices: DeviceRepository;
  readonly refreshTokens: RefreshTokenRepository;
  readonly clock: Clock;
  readonly log: Log;
}

/** Who is calling, and whether that device is still one: a token outlives an unlink by minutes, its power does not. */
export class Callers {
  readonly #parts: CallersParts;

  constructor(parts: CallersParts) {
    this.#parts = parts;
  }

  /** The holder of a token of either scope; a device must be listed and signed in. */
  async identify(token: string): Promise<Outcome<Caller>> {
    const verdict = await this.#parts.tokens.verify(token);
    switch (verdict.type) {
      case 'invalid':
        return INVALID;
      case 'expired':
        return EXPIRED;
      case 'valid':
        return verdict.caller.scope === 'device' ? this.standing(verdict.caller) : done(verdict.caller);
    }
  }

  /** The device that holds a token, as the token says: whether it is still signed in is for {@link standing} to say. */
  async deviceOf(token: string): Promise<Outcome<DeviceCaller>> {
    const verdict = await this.#parts.tokens.verify(token);
    switch (verdict.type) {
      case 'invalid':
        return INVALID;
      case 'expired':
        return EXPIRED;
      case 'valid':
        return asDevice(verdict.caller);
    }
  }

  /** Whether a device is on its account's list and signed in. */
  async standing(device: DeviceCaller): Promise<Outcome<DeviceCaller>> {
    const { refreshTokens, devices, clock } = this.#parts;
    if (await refreshTokens.isLive(device, clock())) return done(device);
    return (await devices.find(device)) === undefined ? NOT_LISTED : SIGNED_OUT;
  }

  /** Remembers the day. Nobody waits for it, and a failure changes nothing for the device. */
  markSeen(device: DeviceAddress): void {
    const { devices, clock, log } = this.#parts;
    devices.markSeen(device, clock()).catch((error: unknown) => log.warn('callers.markSeenFailed', { error }));
  }
}

/** Refuses tokens that a password alone has opened. */
export const asDevice = (caller: Caller): Outcome<DeviceCaller> =>
  caller.scope === 'device' ? done(caller) : DEVICE_WANTED;
