import { parseAccountId, parseDeviceId, type AccountId, type DeviceId } from '@sotto/protocol/ids';
import { z } from 'zod';

const isText = (value: unknown): value is string => typeof value === 'string';
const Victim = z.object({
  accountId: z.custom<AccountId>((value) => isText(value) && parseAccountId(value) !== undefined),
  deviceId: z.custom<DeviceId>((value) => isText(value) && parseDeviceId(value) !== undefined),
  registrationId: z.number().int(),
});

/** What the flooder is told: `register` once, then `start` and `stop` by turns. */
export const FloodOrder = z.discriminatedUnion('type', [
  z.object({ type: z.literal('register'), address: z.url(), victims: z.array(Victim) }),
  z.object({ type: z.literal('start') }),
  z.object({ type: z.literal('stop') }),
]);
export type FloodOrder = z.infer<typeof FloodOrder>;

/** What it answers each time: the messages that it has tried to send so far. */
export const FloodCount = z.object({ attempts: z.number().int() });
