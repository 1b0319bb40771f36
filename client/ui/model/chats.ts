import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { ChatView, CoreApi, MessageView } from '@sotto/client/bridge';
import { createChat, type Chat, type ChatParts } from './chat.js';
import type { ChatId, CoreState } from './core-state.js';

/** Chats that stay in memory as they were left. */
const KEPT = 12;

/** The list of chats and the one that is open. */
export interface Chats {
  readonly list: ReadonlySignal<readonly ChatView[] | undefined>;
  /** Unread messages of all chats, for the title. */
  readonly unread: ReadonlySignal<number>;
  readonly open: ReadonlySignal<Chat | undefined>;
  readonly show: (chatId: ChatId) => void;
  /** Opens a chat at one of its messages. */
  readonly showAt: (message: MessageView) => Promise<void>;
  readonly close: () => void;
  /** The chat above or below the open one in the list, without going round. */
  readonly step: (by: 1 | -1) => void;
  readonly showNth: (index: number) => void;
  /** Saves every draft at once: the window is about to go. */
  readonly flush: () => void;
  /** After events may have been missed. */
  readonly reload: () => Promise<void>;
}

export interface ChatsParts extends ChatParts {
  readonly core: CoreApi;
  readonly state: CoreState;
}

export const createChats = (parts: ChatsParts): Chats => {
  const { core, state } = parts;
  /** Most recently opened last. */
  const kept = new Map<ChatId, Chat>();
  const open = signal<Chat | undefined>(undefined);

  const close = (): void => {
    open.peek()?.leave();
    open.value = undefined;
  };

  const take = (chatId: ChatId): Chat => {
    const chat = kept.get(chatId) ?? createChat(chatId, parts);
    kept.delete(chatId);
    kept.set(chatId, chat);
    const oldest = kept.keys().next().value;
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return chat;
  };

  const show = (chatId: ChatId): void => {
    if (open.peek()?.chatId === chatId) return;
    open.peek()?.leave();
    const chat = take(chatId);
    open.value = chat;
    void chat.enter();
  };

  core.subscribe((event) => {
    if (event.type === 'messages') kept.get(event.chatId)?.apply(event.messages, event.arrived);
    if (event.type === 'removed') kept.get(event.chatId)?.remove(event.messageIds);
    if (event.type === 'chat') kept.get(event.chat.chatId)?.composer.adopt(event.chat.draft);
  });

  // Behind the lock, or without an account, nothing of a chat stays in memory.
  effect(() => {
    const app = state.app.value;
    if (app === undefined || app.phase === 'ready') return;
    open.value = undefined;
    kept.clear();
  });

  return {
    list: state.chats,
    unread: computed(() => (state.chats.value ?? []).reduce((sum, chat) => sum + chat.unread, 0)),
    open,
    show,
    showAt: async (message) => {
      show(message.chatId);
      await open.peek()?.jumpTo(message);
    },
    close,
    step: (by) => {
      const list = state.chats.peek() ?? [];
      const at = list.findIndex((chat) => chat.chatId === open.peek()?.chatId);
      const next = list[at < 0 && by < 0 ? -1 : at + by];
      if (next !== undefined) show(next.chatId);
    },
    showNth: (index) => {
      const chat = state.chats.peek()?.[index];
      if (chat !== undefined) show(chat.chatId);
    },
    flush: () => {
      for (const chat of kept.values()) chat.composer.flush();
    },
    reload: async () => {
      await Promise.all([...kept.values()].map((chat) => chat.reload()));
    },
  };
};
