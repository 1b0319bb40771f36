import { IdentityPublicKey, issueSenderCertificate, type ServerKeyRing } from '@sotto/crypto/server';
import { LIFETIMES, type IssuedSenderCertificate } from '@sotto/protocol/wire';
import type { DeviceRepository } from '../storage/device-repository.js';
import type { DeviceCaller } from './access-tokens.js';
import { laterBy, type Clock } from './clock.js';
import { done, refuse, type Outcome } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';

const NOT_LISTED = refuse('deviceNotListed', 'This device is not on the device list of its account.');

/** Issues what a device shows inside its sealed messages: its id and identity key, and nothing about its account (SPEC §5.5). */
export class SenderCertificates {
  readonly #devices: DeviceRepository;
  readonly #keyRing: ServerKeyRing;
  readonly #limiter: RateLimiter;
  readonly #clock: Clock;

  constructor(parts: {
    readonly devices: DeviceRepository;
    readonly keyRing: ServerKeyRing;
    readonly limiter: RateLimiter;
    readonly clock: Clock;
  }) {
    this.#devices = parts.devices;
    this.#keyRing = parts.keyRing;
    this.#limiter = parts.limiter;
    this.#clock = parts.clock;
  }

  async issue(caller: DeviceCaller): Promise<Outcome<IssuedSenderCertificate>> {
    const limit = await this.#limiter.take('senderCertificate', caller.deviceId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const device = await this.#devices.find(caller);
    if (device === undefined) return NOT_LISTED;
    const expiresAt = laterBy(this.#clock(), LIFETIMES.senderCertificateMs);
    const identityKey = IdentityPublicKey.of(device.identityKey);
    const certificate = issueSenderCertificate(this.#keyRing, { deviceId: device.deviceId, identityKey }, expiresAt);
    return done({ certificate, expiresAt });
  }
}
