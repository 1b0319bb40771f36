import { z } from 'zod';
import { DeviceIdValue, MessageIdValue, AccountIdValue, UnixMsValue, ChatView } from './views.js';
import { Password, SecondFactor } from './proof.js';

/** The devices of the account, and what goes for all of them. */

const None = z.strictObject({});

export const DeviceView = z.strictObject({
  deviceId: DeviceIdValue,
  /** Empty until the name has arrived from the device that knows it. */
  name: z.string().max(64),
  system: z.string().max(64),
  /** This very device. */
  own: z.boolean(),
  linkedAt: UnixMsValue,
  /** Absent where the server could not be asked, and for a device that has never come back. */
  lastSeenAt: UnixMsValue.optional(),
  /** It can link and unlink others. */
  canLink: z.boolean(),
  /** Nobody on this device has said yet that they know it. */
  unacknowledged: z.boolean(),
});
export type DeviceView = z.infer<typeof DeviceView>;

export const DevicesView = z.strictObject({
  devices: z.array(DeviceView),
  /** How many the server allows. */
  limit: z.number().int().positive(),
  /** The server showed two lists for one place: sending to own devices waits, recovery ends it. */
  alarm: z.boolean(),
});
export type DevicesView = z.infer<typeof DevicesView>;

/** Settings that go for every device of the account. */
export const AccountSettings = z.strictObject({
  readReceipts: z.boolean(),
});
export type AccountSettings = z.infer<typeof AccountSettings>;

export const OWN_DEVICE_METHODS = {
  listDevices: { params: None, result: DevicesView },
  renameDevice: {
    params: z.strictObject({ deviceId: DeviceIdValue, name: z.string().trim().min(1).max(64) }),
    result: DevicesView,
  },
  /** “It’s me”: the new device is known. */
  acknowledgeDevice: { params: z.strictObject({ deviceId: DeviceIdValue }), result: DevicesView },
  /** Takes a device off the account's list; the keys that it holds are replaced. The password opens the link key. */
  unlinkDevice: {
    params: z.strictObject({ deviceId: DeviceIdValue, password: Password, secondFactor: SecondFactor }),
    result: DevicesView,
  },
  /** Ends the tokens of all other devices; they stay on the list and sign in again. */
  signOutOthers: { params: z.strictObject({ password: Password, secondFactor: SecondFactor }), result: None },
  accountSettings: { params: None, result: AccountSettings },
  setAccountSettings: { params: AccountSettings.partial(), result: AccountSettings },

  /** For this account alone, on all of its devices. */
  deleteMessages: {
    params: z.strictObject({ chatId: AccountIdValue, messageIds: z.array(MessageIdValue).min(1).max(500) }),
    result: None,
  },
  /** What a blocked person sends is dropped; nothing tells them. */
  setBlocked: { params: z.strictObject({ chatId: AccountIdValue, blocked: z.boolean() }), result: ChatView },
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>;
