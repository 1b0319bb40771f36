import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { AppView, ChatView, CoreApi, CoreEvent } from '@sotto/client/bridge';
import type { Failure } from '../i18n/failure-text.js';
import { outcomeOf } from './outcome.js';

export type ChatId = ChatView['chatId'];

/** What the core has said of itself and of every chat; events keep it current. */
export interface CoreState {
  /** `undefined` until the core has answered for the first time. */
  readonly app: ReadonlySignal<AppView | undefined>;
  /** Why the core cannot even say how it is; with it nothing else is to be shown. */
  readonly failure: ReadonlySignal<Failure | undefined>;
  /** The latest first. `undefined` until they have been listed. */
  readonly chats: ReadonlySignal<readonly ChatView[] | undefined>;
  readonly findChat: (chatId: ChatId) => ChatView | undefined;
  /** Asks for everything anew: at the start, and whenever events may have been missed. */
  readonly refresh: () => Promise<void>;
  /** An answer of the core that carries newer state than the last event. */
  readonly adoptApp: (app: AppView) => void;
  readonly adoptChat: (chat: ChatView) => void;
}

export const createCoreState = (core: CoreApi): CoreState => {
  const app = signal<AppView | undefined>(undefined);
  const chatsById = signal<ReadonlyMap<ChatId, ChatView> | undefined>(undefined);
  /** Chats that events brought while a listing was under way: the listing may be older than they are. */
  let changedMeanwhile: Set<ChatId> | undefined;
  const failure = signal<Failure | undefined>(undefined);
  let appChanges = 0;

  const chats = computed(() => {
    const all = chatsById.value;
    return all && [...all.values()].sort((one, other) => other.activeAt - one.activeAt);
  });

  const listChats = async (): Promise<void> => {
    const changed = new Set<ChatId>();
    changedMeanwhile = changed;
    const listed = await outcomeOf(core.call('listChats', {}));
    if (changedMeanwhile === changed) changedMeanwhile = undefined;
    if (!listed.ok) return;
    const known = chatsById.peek();
    const next = new Map(listed.value.map((chat) => [chat.chatId, chat]));
    for (const chatId of changed) {
      const newer = known?.get(chatId);
      if (newer !== undefined) next.set(chatId, newer);
    }
    chatsById.value = next;
  };

  const adoptApp = (next: AppView): void => {
    const wasReady = app.peek()?.phase === 'ready';
    appChanges += 1;
    failure.value = undefined;
    app.value = next;
    if (next.phase !== 'ready') chatsById.value = undefined;
    else if (!wasReady) void listChats();
  };

  const adoptChat = (chat: ChatView): void => {
    changedMeanwhile?.add(chat.chatId);
    chatsById.value = new Map(chatsById.peek()).set(chat.chatId, chat);
  };

  core.subscribe((event: CoreEvent) => {
    switch (event.type) {
      case 'app':
        adoptApp(event.app);
        break;
      case 'chat':
        adoptChat(event.chat);
        break;
      // Whoever shows them listens for them.
      case 'messages':
      case 'linkOffer':
      case 'join':
      case 'history':
      case 'removed':
      case 'devices':
      case 'recoveryKit':
      case 'recovery':
      case 'pendingRecoveries':
        break;
    }
  });

  return {
    app,
    failure,
    chats,
    findChat: (chatId) => chatsById.value?.get(chatId),
    refresh: async () => {
      const before = appChanges;
      const answered = await outcomeOf(core.call('getApp', {}));
      if (!answered.ok) {
        // Without a road there is nothing to be said of the core: the link tells.
        failure.value = answered.failure === 'detached' ? undefined : answered.failure;
        return;
      }
      // An event that overtook the answer is newer than it.
      const current = appChanges === before ? answered.value : (app.peek() ?? answered.value);
      const listAnew = app.peek()?.phase === 'ready' && current.phase === 'ready';
      adoptApp(current);
      if (listAnew) await listChats();
    },
    adoptApp,
    adoptChat,
  };
};
