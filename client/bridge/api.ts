import { z } from 'zod';
import { ACCOUNT_PAGE_METHODS } from './account-page.js';
import { HISTORY_METHODS, HistoryView, JoinView, LINKING_METHODS, LinkOfferView } from './linking.js';
import { DevicesView, OWN_DEVICE_METHODS } from './own-devices.js';
import { Password, SecondFactor } from './proof.js';
import { PendingRecoveryView, RECOVERY_METHODS, RecoveryKitView, RecoveryView } from './recovery.js';
import { SEARCH_METHODS } from './search.js';
import {
  AccountIdValue,
  AppView,
  ChatView,
  DeviceIdValue,
  MessageCursor,
  MessageIdValue,
  MessageView,
  SafetyNumberView,
  ServerView,
  UsernameValue,
} from './views.js';

/**
 * Everything that an interface (window, browser tab, command line, bot) may ask of the core, with the schemas of its
 * parameters and results. The core parses parameters by them: what comes over a bridge is untrusted.
 */

const None = z.strictObject({});
const Address = z.string().min(1).max(512);
/** Passed on to the core as typed, so that the core can say what is wrong with it. */
const Typed = z.string().max(512);
/** Beyond any text that can be sent; the exact limit is the core's to explain. */
const TypedText = z.string().max(100_000);

export const CORE_METHODS = {
  getApp: { params: None, result: AppView },
  unlock: { params: z.strictObject({ passphrase: Password }), result: AppView },
  /** Puts the database under a passphrase, or changes it; every start asks for it from then on. */
  setPassphrase: {
    params: z.strictObject({ current: Password.optional(), next: Password }),
    result: None,
  },
  checkServer: { params: z.strictObject({ address: Address }), result: ServerView },
  register: {
    params: z.strictObject({
      address: Address,
      username: Typed,
      password: Password,
      email: Typed.optional(),
      /** Where the host lets in whoever has one. */
      inviteCode: Typed.optional(),
    }),
    result: AppView,
  },
  /** Signs this device in again after its tokens ended. */
  signIn: { params: z.strictObject({ password: Password, secondFactor: SecondFactor }), result: AppView },
  /**
   * Opens an account on a device that holds no keys of it. A password alone gives no keys, so all it tells is whether the
   * password is right.
   */
  checkAccount: {
    params: z.strictObject({ address: Address, identifier: Typed, password: Password, secondFactor: SecondFactor }),
    result: z.strictObject({ username: UsernameValue }),
  },
  signOut: { params: None, result: AppView },
  /** Tries to connect now instead of when the backoff says. */
  reconnect: { params: None, result: None },

  listChats: { params: None, result: z.array(ChatView) },
  /** Finds a person by exact username and opens the chat with them. */
  startChat: { params: z.strictObject({ username: Typed }), result: ChatView },
  /** A stranger becomes a contact: they get receipts and the profile key from now on. */
  acceptChat: { params: z.strictObject({ chatId: AccountIdValue }), result: ChatView },
  saveDraft: { params: z.strictObject({ chatId: AccountIdValue, text: TypedText }), result: None },
  safetyNumber: { params: z.strictObject({ chatId: AccountIdValue }), result: SafetyNumberView },

  /** Newest first: the newest, those before a place, or those that follow one (`more`: there are further ones that way). */
  listMessages: {
    params: z.strictObject({
      chatId: AccountIdValue,
      before: MessageCursor.optional(),
      after: MessageCursor.optional(),
      limit: z.number().int().min(1).max(200),
    }),
    result: z.strictObject({ messages: z.array(MessageView), more: z.boolean() }),
  },
  /** `messageId` is made by the caller: asking twice with one id sends once. Answered when the message is stored, not sent. */
  sendText: {
    params: z.strictObject({ chatId: AccountIdValue, messageId: MessageIdValue, text: TypedText }),
    result: MessageView,
  },
  retryMessage: { params: z.strictObject({ messageId: MessageIdValue }), result: MessageView },
  markRead: { params: z.strictObject({ chatId: AccountIdValue, upTo: MessageIdValue }), result: None },

  ...SEARCH_METHODS,

  ...LINKING_METHODS,

  ...HISTORY_METHODS,

  ...RECOVERY_METHODS,

  ...OWN_DEVICE_METHODS,

  ...ACCOUNT_PAGE_METHODS,
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>;

export type CoreMethod = keyof typeof CORE_METHODS;
export type ParamsOf<M extends CoreMethod> = z.infer<(typeof CORE_METHODS)[M]['params']>;
export type ResultOf<M extends CoreMethod> = z.infer<(typeof CORE_METHODS)[M]['result']>;

/** What happened, told to every interface that is attached. Events carry the new state, so a missed one heals at the next. */
export const CoreEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('app'), app: AppView }),
  z.strictObject({ type: z.literal('chat'), chat: ChatView }),
  /** Messages that are new or whose state changed. `arrived` marks those that this moment brought from the peer. */
  z.strictObject({
    type: z.literal('messages'),
    chatId: AccountIdValue,
    messages: z.array(MessageView),
    arrived: z.array(MessageIdValue),
  }),
  z.strictObject({ type: z.literal('linkOffer'), linkOffer: LinkOfferView }),
  z.strictObject({ type: z.literal('join'), join: JoinView }),
  z.strictObject({ type: z.literal('history'), history: HistoryView.optional() }),
  /** `appeared`: devices that the person is to be told of now, once when they are new and once more a day later. */
  z.strictObject({
    type: z.literal('devices'),
    devices: DevicesView,
    appeared: z.array(DeviceIdValue).optional(),
  }),
  /** Messages that are gone, here or because another device deleted them. */
  z.strictObject({ type: z.literal('removed'), chatId: AccountIdValue, messageIds: z.array(MessageIdValue) }),
  z.strictObject({ type: z.literal('recoveryKit'), recoveryKit: RecoveryKitView }),
  z.strictObject({ type: z.literal('recovery'), recovery: RecoveryView }),
  z.strictObject({ type: z.literal('pendingRecoveries'), pendingRecoveries: z.array(PendingRecoveryView) }),
]);
export type CoreEvent = z.infer<typeof CoreEvent>;

/** The core as an interface sees it, wherever it runs. Calls reject with a `BridgeError`. */
export interface CoreApi {
  call<M extends CoreMethod>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: CoreEvent) => void): () => void;
}
