import { IdentityPublicKey, verifyPreKeyUpload } from '@sotto/crypto/server';
import type { AccountId } from '@sotto/protocol/ids';
import {
  LIMITS,
  type ClaimPreKeysRequest,
  type PreKeyBundle,
  type PreKeyCounts,
  type PublishPreKeysRequest,
} from '@sotto/protocol/wire';
import type { z } from 'zod';
import { UNKNOWN_REGISTRATION_ID, type Device, type DeviceRepository } from '../storage/device-repository.js';
import type { ClaimedPreKeys, PreKeyRepository } from '../storage/pre-key-repository.js';
import type { DeviceCaller } from './access-tokens.js';
import type { AnonymousAccess } from './anonymous-access.js';
import { done, refuse, type Outcome, type Refusal } from './outcome.js';
import { limited, type RateLimiter } from './rate-limit.js';

const NOT_LISTED = refuse('deviceNotListed', 'This device is not on the device list of its account.');
const NO_RECIPIENT = refuse('unknownRecipient', 'There is no such account, or none of these devices is one of its.');
const WHO = refuse('unauthorized', 'Send an access token, or the access key of the account that the prekeys are for.');
const EITHER = refuse(
  'badRequest',
  'Send an access token or an access key, not both: together they tell who knows whom.',
);

/** What is wrong with an upload, in the words of its verification. */
type UploadFault = Extract<ReturnType<typeof verifyPreKeyUpload>, { outcome: 'refused' }>['reason'];

/** What a client is told of prekeys that do not verify. */
export const preKeyRefusal = (reason: UploadFault): Refusal => {
  switch (reason) {
    case 'signature':
      return refuse('invalidSignature', 'A prekey is not signed by the identity key of the device.');
    case 'malformed':
      return refuse('invalidPreKeys', 'A prekey is malformed.');
    case 'repeatedId':
      return refuse('invalidPreKeys', 'Two prekeys of one kind have the same id, or an id is stored already.');
  }
};

type Claim = z.output<typeof ClaimPreKeysRequest>;

export interface PreKeysParts {
  readonly devices: DeviceRepository;
  readonly preKeys: PreKeyRepository;
  readonly access: AnonymousAccess;
  readonly limiter: RateLimiter;
}

/** The public prekeys of all devices: published by their devices, claimed once each by whoever starts a session. */
export class PreKeys {
  readonly #parts: PreKeysParts;

  constructor(parts: PreKeysParts) {
    this.#parts = parts;
  }

  async publish(
    caller: DeviceCaller,
    { registrationId, ...upload }: PublishPreKeysRequest,
  ): Promise<Outcome<PreKeyCounts>> {
    const { devices, preKeys, limiter } = this.#parts;
    const limit = await limiter.take('publish', caller.deviceId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const device = await devices.find(caller);
    if (device === undefined) return NOT_LISTED;
    const verdict = verifyPreKeyUpload(IdentityPublicKey.of(device.identityKey), upload);
    if (verdict.outcome === 'refused') return preKeyRefusal(verdict.reason);
    const published = await preKeys.publish(caller, verdict.preKeys, LIMITS.oneTimePreKeys);
    switch (published.type) {
      case 'published':
        // After its keys: until then all of them are wanted again.
        if (registrationId !== undefined) await devices.nameRegistration(caller, registrationId);
        return done(published.counts);
      case 'tooMany':
        return refuse('invalidPreKeys', `A device may store ${LIMITS.oneTimePreKeys} one-time prekeys of a kind.`);
      case 'duplicateKeyId':
        return preKeyRefusal('repeatedId');
      case 'unknownDevice':
        return NOT_LISTED;
    }
  }

  async counts(caller: DeviceCaller): Promise<Outcome<PreKeyCounts>> {
    const { devices, preKeys } = this.#parts;
    const device = await devices.find(caller);
    const counts = await preKeys.counts(caller);
    return done(device?.registrationId === UNKNOWN_REGISTRATION_ID ? { ...counts, wantsAll: true } : counts);
  }

  /** One bundle for each named device that is one; a device that is not any more is left out. */
  async claim(
    request: Claim,
    caller: DeviceCaller | undefined,
    address: string,
  ): Promise<Outcome<{ bundles: PreKeyBundle[] }>> {
    const refusal = await this.#checkAccess(request, caller);
    if (refusal !== undefined) return refusal;
    const wanted = new Set(request.deviceIds);
    const devices = (await this.#parts.devices.list(request.accountId)).filter(({ deviceId }) => wanted.has(deviceId));
    if (devices.length === 0) return NO_RECIPIENT;
    const kinds = (await this.#isWithinLimits(request.accountId, caller, address)) ? 'oneTime' : 'lastResortOnly';
    const bundles: PreKeyBundle[] = [];
    for (const device of devices) {
      if (device.registrationId === UNKNOWN_REGISTRATION_ID) continue;
      const claimed = await this.#parts.preKeys.claim(device, kinds);
      if (claimed !== undefined) bundles.push(bundleOf(device, claimed));
    }
    return done({ bundles });
  }

  async #checkAccess({ accountId, accessKey }: Claim, caller: DeviceCaller | undefined): Promise<Refusal | undefined> {
    if (caller !== undefined) return accessKey === undefined ? undefined : EITHER;
    return accessKey === undefined ? WHO : this.#parts.access.check(accountId, accessKey);
  }

  /** Past the limit nobody is refused, but nobody's one-time keys are drained either. */
  async #isWithinLimits(target: AccountId, caller: DeviceCaller | undefined, address: string): Promise<boolean> {
    const { limiter } = this.#parts;
    if (caller !== undefined) {
      return (await limiter.take('claimAuthenticated', `${caller.accountId} ${target}`)).type === 'allowed';
    }
    const ofAddress = await limiter.take('claimOfAddress', address);
    const forTarget = await limiter.take('claimForTarget', target);
    return ofAddress.type === 'allowed' && forTarget.type === 'allowed';
  }
}

const bundleOf = (device: Device, claimed: ClaimedPreKeys): PreKeyBundle => ({
  deviceId: device.deviceId,
  registrationId: device.registrationId,
  identityKey: device.identityKey,
  signedPreKey: claimed.signedPreKey,
  kyberPreKey: claimed.kyberPreKey,
  oneTimePreKey: claimed.oneTimePreKey,
});
