import {
  AccountIdValue,
  BridgeError,
  CORE_METHODS,
  compareCursors,
  MessageIdValue,
  UnixMsValue,
  UsernameValue,
  type AppView,
  type ChatView,
  type ConnectionView,
  type CoreApi,
  type CoreEvent,
  type CoreMethod,
  type DeliveryView,
  type MessageView,
  type ParamsOf,
  type ResultOf,
} from '@sotto/client/bridge';

import { createFakeAccountPage, type FakeAccountPage, type PageHandlers } from './fake-account-page.js';
import { findMessages } from './fake-search.js';
import { createFakeOwn, type FakeOwn, type OwnHandlers, type OwnMethod } from './fake-own.js';

type ChatId = ChatView['chatId'];
type MessageId = MessageView['messageId'];

export const idOf = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

export interface FakeCoreOptions {
  readonly phase?: AppView['phase'];
  readonly username?: string;
  readonly passphrase?: string;
  readonly password?: string;
  /** Names that exist on the server besides the chats'. */
  readonly people?: readonly string[];
  readonly takenNames?: readonly string[];
  readonly mail?: boolean;
  readonly registration?: 'open' | 'invite' | 'closed';
  readonly now?: () => number;
}

export interface Arrival {
  readonly at?: number;
  readonly unknown?: boolean;
  /** An own message, already on its way. */
  readonly own?: DeliveryView;
  /** Lies in the history: nobody is told. */
  readonly quiet?: boolean;
  /** The chat's own event, with the count of unread messages, is still to come: `changeChat` brings it. */
  readonly uncounted?: boolean;
}

/** The core as the interface knows it, in memory and without a server: what a person can see behaves as in the real one. */
export interface FakeCore extends CoreApi, FakeOwn, FakeAccountPage {
  /** Calls so far, oldest first. */
  readonly calls: readonly { readonly method: CoreMethod; readonly params: unknown }[];
  /** Makes every call of one method fail, or work again. */
  fail(method: CoreMethod, error?: Error): void;
  /** Calls of one method wait until the returned function is called. */
  hold(method: CoreMethod): () => void;
  addChat(username: string, changes?: Partial<ChatView>): ChatId;
  changeChat(chatId: ChatId, changes: Partial<ChatView>): void;
  receive(chatId: ChatId, text: string, arrival?: Arrival): MessageId;
  deliver(messageId: MessageId, delivery: DeliveryView): void;
  connect(connection: ConnectionView): void;
  count(counts: { readonly setAside?: number; readonly expired?: number }): void;
}

const SERVER = 'https://chat.example.org';
const SECRET = 'SLK1';

/** What crosses a bridge is JSON: a copy, without `undefined`. */
const overBridge = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** What a method of the fake does. */
type Handlers = {
  readonly [M in Exclude<CoreMethod, OwnMethod | keyof PageHandlers>]: (params: ParamsOf<M>) => ResultOf<M>;
};

export const createFakeCore = (options: FakeCoreOptions = {}): FakeCore => {
  const now = options.now ?? Date.now;
  const listeners = new Set<(event: CoreEvent) => void>();
  const calls: { method: CoreMethod; params: unknown }[] = [];
  const failing = new Map<CoreMethod, Error>();
  const held = new Map<CoreMethod, Promise<void>>();
  const chats = new Map<ChatId, ChatView>();
  const messages = new Map<MessageId, MessageView>();
  const people = new Set(options.people ?? ['bob', 'carol']);
  let phase = options.phase ?? 'ready';
  let account = { accountId: AccountIdValue.parse(idOf(1)), username: options.username ?? 'alice', server: SERVER };
  let passphrase = options.passphrase;
  let password = options.password ?? 'right password';
  let connection: ConnectionView = { state: 'online' };
  let counts = { setAside: 0, expired: 0 };
  let nextId = 0x100;

  const emit = (event: CoreEvent): void => {
    for (const listener of [...listeners]) listener(overBridge(event));
  };
  const appView = (): AppView =>
    phase === 'ready'
      ? { phase, account: { ...account, username: UsernameValue.parse(account.username) }, connection, ...counts }
      : { phase };
  const tellApp = (): AppView => {
    emit({ type: 'app', app: appView() });
    return appView();
  };
  const chatOf = (chatId: ChatId): ChatView => {
    const chat = chats.get(chatId);
    if (chat === undefined) throw new BridgeError('chatNotFound');
    return chat;
  };
  const put = (chat: ChatView): ChatView => {
    chats.set(chat.chatId, chat);
    emit({ type: 'chat', chat });
    return chat;
  };
  const ofChat = (chatId: ChatId): MessageView[] =>
    [...messages.values()]
      .filter((message) => message.chatId === chatId)
      .sort((one, other) => compareCursors(one.cursor, other.cursor));
  const putMessage = (
    message: MessageView,
    arrived: readonly MessageId[],
    { quiet, uncounted }: Arrival = {},
  ): MessageView => {
    messages.set(message.messageId, message);
    const chat = chatOf(message.chatId);
    const last = ofChat(chat.chatId).at(-1);
    const next: ChatView = {
      ...chat,
      ...(last === undefined ? {} : { lastMessage: last, activeAt: last.sentAt }),
      unread: chat.unread + arrived.length,
    };
    // As in the core: the message first, the chat that counts it second.
    if (quiet !== true) emit({ type: 'messages', chatId: chat.chatId, messages: [message], arrived: [...arrived] });
    if (quiet === true) chats.set(chat.chatId, next);
    else if (uncounted !== true) put(next);
    return message;
  };
  const cursorOf = (at: number, messageId: string): string => `${at}.${at}.${nextId++}.${messageId}`;

  const addChat = (username: string, changes: Partial<ChatView> = {}): ChatId => {
    const chatId = AccountIdValue.parse(idOf(nextId++));
    people.add(username);
    put({
      chatId,
      username: UsernameValue.parse(username),
      standing: 'accepted',
      alarm: false,
      blocked: false,
      unread: 0,
      draft: '',
      activeAt: UnixMsValue.parse(now()),
      ...changes,
    });
    return chatId;
  };

  const checkPassword = (password: string): void => {
    if (password.length < 10) throw new BridgeError('passwordTooShort', { least: 10 });
    if (/^(password|1234|qwerty)/.test(password)) throw new BridgeError('passwordTooWeak');
  };

  const own = createFakeOwn({
    emit,
    now,
    password: () => password,
    deleteMessages: ({ chatId, messageIds }) => {
      for (const messageId of messageIds) messages.delete(messageId);
      emit({ type: 'removed', chatId, messageIds });
      return {};
    },
    setBlocked: ({ chatId, blocked }) => put({ ...chatOf(chatId), blocked }),
  });
  const page = createFakeAccountPage({
    password: () => password,
    setPassword: (next) => (password = next),
    username: () => account.username,
    erase: () => {
      phase = 'noAccount';
      chats.clear();
      messages.clear();
      return tellApp();
    },
  });
  const handlers: Handlers & OwnHandlers & PageHandlers = {
    ...own.handlers,
    ...page.pageHandlers,
    getApp: () => appView(),
    unlock: (given) => {
      if (given.passphrase !== passphrase) throw new BridgeError('wrongPassphrase');
      phase = 'ready';
      return tellApp();
    },
    setPassphrase: ({ current, next }) => {
      if (current !== passphrase) throw new BridgeError('wrongPassphrase');
      passphrase = next;
      return {};
    },
    checkServer: ({ address }) => {
      if (!/^https?:\/\//.test(address)) throw new BridgeError('badAddress');
      if (/^http:\/\/(?!127\.0\.0\.1)/.test(address)) throw new BridgeError('insecureAddress');
      if (address.includes('away')) throw new BridgeError('serverAway');
      return {
        address,
        version: '0.1.0',
        registration: options.registration ?? 'open',
        mail: options.mail ?? false,
        fingerprint: '3f2a 91c0 77de 1b04 5c8e e2f6 a013 9d4b 6a7c 20f1 88b9 c35d 4e10 fa62 d7b3 0596',
      };
    },
    register: ({ address, username, password }) => {
      if (!UsernameValue.safeParse(username).success) throw new BridgeError('usernameInvalid');
      if (options.takenNames?.includes(username)) throw new BridgeError('usernameTaken');
      checkPassword(password);
      account = { ...account, username, server: address };
      phase = 'ready';
      return tellApp();
    },
    signIn: ({ password: given }) => {
      if (given !== password) throw new BridgeError('wrongCredentials');
      connection = { state: 'online' };
      return tellApp();
    },
    checkAccount: ({ identifier, password: given }) => {
      if (given !== password) throw new BridgeError('wrongCredentials');
      return { username: UsernameValue.parse(identifier) };
    },
    signOut: () => {
      connection = { state: 'signedOut' };
      return tellApp();
    },
    reconnect: () => ({}),
    listChats: () => [...chats.values()],
    startChat: ({ username }) => {
      if (username === account.username) throw new BridgeError('personIsSelf');
      const known = [...chats.values()].find((chat) => chat.username === username);
      if (known !== undefined) return known;
      if (!people.has(username)) throw new BridgeError('personNotFound');
      return chatOf(addChat(username));
    },
    acceptChat: ({ chatId }) => put({ ...chatOf(chatId), standing: 'accepted' }),
    saveDraft: ({ chatId, text }) => {
      put({ ...chatOf(chatId), draft: text });
      return {};
    },
    safetyNumber: ({ chatId }) => {
      const number = chatOf(chatId).chatId.slice(-5);
      return {
        groups: Array.from({ length: 12 }, (_, index) =>
          String(Number.parseInt(number, 16) * (index + 37))
            .padStart(5, '4')
            .slice(0, 5),
        ),
      };
    },
    listMessages: ({ chatId, before, after, limit }) => {
      const all = ofChat(chatId);
      if (after !== undefined) {
        const newer = all.filter((message) => compareCursors(message.cursor, after) > 0);
        return { messages: newer.slice(0, limit).reverse(), more: newer.length > limit };
      }
      const older = all.filter((message) => before === undefined || compareCursors(message.cursor, before) < 0);
      return { messages: older.slice(-limit).reverse(), more: older.length > limit };
    },
    searchMessages: (query) => findMessages([...messages.values()], query),
    sendText: ({ chatId, messageId, text }) => {
      const known = messages.get(messageId);
      if (known !== undefined) return known;
      if (text.trim() === '') throw new BridgeError('textEmpty');
      if (text.length > 5_000) throw new BridgeError('textTooLong');
      if (text.includes(SECRET)) throw new BridgeError('textHoldsSecret');
      const chat = chatOf(chatId);
      if (chat.standing === 'request') put({ ...chat, standing: 'accepted' });
      const at = UnixMsValue.parse(now());
      const body = { kind: 'text' as const, text };
      const delivery: DeliveryView = { state: 'waiting' };
      return putMessage(
        { messageId, chatId, author: 'self', body, sentAt: at, delivery, cursor: cursorOf(at, messageId) },
        [],
      );
    },
    retryMessage: ({ messageId }) => {
      const message = messages.get(messageId);
      if (message === undefined) throw new BridgeError('messageNotFound');
      return putMessage({ ...message, delivery: { state: 'waiting' } }, []);
    },
    markRead: ({ chatId, upTo }) => {
      const list = ofChat(chatId);
      const at = list.findIndex((message) => message.messageId === upTo);
      const after = list.slice(at + 1).filter((message) => message.author === 'peer').length;
      put({ ...chatOf(chatId), unread: Math.min(chatOf(chatId).unread, after) });
      return {};
    },
  };

  return {
    calls,
    fail: (method, error) => {
      if (error === undefined) failing.delete(method);
      else failing.set(method, error);
    },
    hold: (method) => {
      let release = (): void => undefined;
      held.set(method, new Promise((resolve) => (release = resolve)));
      return () => {
        held.delete(method);
        release();
      };
    },
    addChat,
    changeChat: (chatId, changes) => void put({ ...chatOf(chatId), ...changes }),
    receive: (chatId, text, arrival = {}) => {
      const { at = now(), unknown = false, own, quiet = false } = arrival;
      const messageId = MessageIdValue.parse(idOf(nextId++));
      const message: MessageView = {
        messageId,
        chatId,
        author: own === undefined ? 'peer' : 'self',
        body: unknown ? { kind: 'unknown' } : { kind: 'text', text },
        sentAt: UnixMsValue.parse(at),
        cursor: cursorOf(at, messageId),
        ...(own === undefined ? {} : { delivery: own }),
      };
      putMessage(message, own === undefined && !quiet ? [messageId] : [], arrival);
      return messageId;
    },
    deliver: (messageId, delivery) => {
      const message = messages.get(messageId);
      if (message !== undefined) putMessage({ ...message, delivery }, []);
    },
    connect: (next) => {
      connection = next;
      tellApp();
    },
    count: (next) => {
      counts = { ...counts, ...next };
      tellApp();
    },
    ...own,
    ...page,
    call: async (method: CoreMethod, params: unknown): Promise<never> => {
      calls.push({ method, params });
      await held.get(method);
      const error = failing.get(method);
      if (error !== undefined) throw error;
      const parsed = CORE_METHODS[method].params.safeParse(params);
      if (!parsed.success) throw new BridgeError('badCall');
      if (phase === 'locked' && method !== 'getApp' && method !== 'unlock') throw new BridgeError('locked');
      // Every handler takes what the schema of its own method has let through.
      return overBridge(handlers[method](params as never)) as never;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
