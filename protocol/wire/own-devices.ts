import { z } from 'zod';
import { DeviceIdField, fixedBytes, StepUpTokenField, UnixMsField } from './fields.js';
import { LIMITS } from './limits.js';
import { LENGTH, SecondFactorField } from './rest.js';

/** Shows that the person at a device knows the password, now: asked for before what a stolen, unlocked device must not do. */
export const StepUpRequest = z.strictObject({
  secret: fixedBytes(LENGTH.secret),
  /** Where a second factor is on. */
  secondFactor: SecondFactorField.optional(),
});
export const StepUp = z.strictObject({
  /** Good for the calling device alone. */
  stepUpToken: StepUpTokenField,
  lifetimeMs: z.number().int().positive(),
  /** What a link token's expiry is reckoned from, never the clock of the device. */
  serverTime: UnixMsField,
});
export type StepUp = z.infer<typeof StepUp>;

/** What the server knows of the devices of an account beside the list; names are theirs to tell each other. */
export const OwnDevices = z.strictObject({
  devices: z
    .array(
      z.strictObject({
        deviceId: DeviceIdField,
        linkedAt: UnixMsField,
        /** Cut to the day; absent for a device that has not connected yet. */
        lastSeenAt: UnixMsField.optional(),
        /** Holds tokens that are neither ended nor expired. */
        signedIn: z.boolean(),
      }),
    )
    .max(LIMITS.devicesMost),
  /** How many the host allows. */
  limit: z.number().int().min(1).max(LIMITS.devicesMost),
  serverTime: UnixMsField,
});
export type OwnDevices = z.infer<typeof OwnDevices>;

export const SignOutOthersRequest = z.strictObject({ stepUpToken: StepUpTokenField });
