import { z } from 'zod';
import {
  parseAccountId,
  parseDeviceId,
  parseMessageId,
  parseUnixMs,
  parseUsername,
  type AccountId,
  type DeviceId,
  type MessageId,
  type UnixMs,
  type Username,
} from '@sotto/protocol/ids';

/** What the core shows of its state: plain values, never a key. */

export const AccountIdValue = z.custom<AccountId>((value) => parseAccountId(value) !== undefined, 'not an account id');
export const DeviceIdValue = z.custom<DeviceId>((value) => parseDeviceId(value) !== undefined, 'not a device id');
export const MessageIdValue = z.custom<MessageId>((value) => parseMessageId(value) !== undefined, 'not a message id');
export const UnixMsValue = z.custom<UnixMs>((value) => parseUnixMs(value) !== undefined, 'not a time');
export const UsernameValue = z.custom<Username>((value) => parseUsername(value) !== undefined, 'not a username');

export const ConnectionView = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('idle') }),
  z.strictObject({ state: z.literal('connecting') }),
  /** Waiting mail has been fetched. */
  z.strictObject({ state: z.literal('online') }),
  z.strictObject({ state: z.literal('offline'), since: UnixMsValue, retryAt: UnixMsValue }),
  z.strictObject({ state: z.literal('signedOut') }),
  z.strictObject({ state: z.literal('unlinked') }),
]);
export type ConnectionView = z.infer<typeof ConnectionView>;

export const ServerView = z.strictObject({
  address: z.string(),
  version: z.string(),
  registration: z.enum(['open', 'invite', 'closed']),
  /** The host sends mail: addresses are confirmed, and passwords can be reset. */
  mail: z.boolean(),
  /** SHA-256 of the trust root in groups of four hex digits. */
  fingerprint: z.string(),
});
export type ServerView = z.infer<typeof ServerView>;

export const AccountView = z.strictObject({
  accountId: AccountIdValue,
  username: UsernameValue,
  server: z.string(),
});
export type AccountView = z.infer<typeof AccountView>;

export const AppView = z.discriminatedUnion('phase', [
  /** The database wants a passphrase. */
  z.strictObject({ phase: z.literal('locked') }),
  z.strictObject({ phase: z.literal('noAccount') }),
  z.strictObject({
    phase: z.literal('ready'),
    account: AccountView,
    connection: ConnectionView,
    /** Received envelopes that could not be opened and are kept. */
    setAside: z.number().int().nonnegative(),
    /** Envelopes that expired on the server before this device came back. */
    expired: z.number().int().nonnegative(),
  }),
]);
export type AppView = z.infer<typeof AppView>;

/** How far an own message has come; `failed` carries the reason and waits for "try again". */
export const DeliveryView = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('waiting') }),
  z.strictObject({ state: z.literal('sent') }),
  z.strictObject({ state: z.literal('delivered') }),
  z.strictObject({ state: z.literal('read') }),
  z.strictObject({ state: z.literal('failed'), reason: z.enum(['recipientGone', 'deviceTrouble', 'refused']) }),
]);
export type DeliveryView = z.infer<typeof DeliveryView>;

export const MessageBodyView = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
  /** Made by a newer version; shown as such and readable after an update. */
  z.strictObject({ kind: z.literal('unknown') }),
]);
export type MessageBodyView = z.infer<typeof MessageBodyView>;

/** A place in a chat's order: sent time, then server time, then id. Opaque to the interface. */
export const MessageCursor = z.string().max(120);

export const MessageView = z.strictObject({
  messageId: MessageIdValue,
  chatId: AccountIdValue,
  author: z.enum(['self', 'peer']),
  body: MessageBodyView,
  sentAt: UnixMsValue,
  /** Set on own messages only. */
  delivery: DeliveryView.optional(),
  cursor: MessageCursor,
});
export type MessageView = z.infer<typeof MessageView>;

/** A 1:1 chat; its id is the other person's account id. */
export const ChatView = z.strictObject({
  chatId: AccountIdValue,
  username: UsernameValue,
  /** `request`: a stranger wrote; they learn nothing until accepted. */
  standing: z.enum(['request', 'accepted']),
  /** What this person sends is dropped. */
  blocked: z.boolean(),
  /** The other side showed two device lists of one number, or one that goes back: sending waits for the person's decision. */
  alarm: z.boolean(),
  unread: z.number().int().nonnegative(),
  draft: z.string(),
  lastMessage: MessageView.optional(),
  /** Orders the list: the latest message, or when the chat was made. */
  activeAt: UnixMsValue,
});
export type ChatView = z.infer<typeof ChatView>;

export const SafetyNumberView = z.strictObject({
  /** Twelve groups of five digits. */
  groups: z.array(z.string().length(5)).length(12),
});
export type SafetyNumberView = z.infer<typeof SafetyNumberView>;
