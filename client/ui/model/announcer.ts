import { signal, type ReadonlySignal } from '@preact/signals';
import type { CoreApi, MessageView } from '@sotto/client/bridge';
import type { Chats } from './chats.js';

const BATCH_MS = 1_000;

/** What a screen reader says of the open chat: the new messages of the last second, in one piece. */
export interface Announcement {
  readonly author: string;
  readonly messages: readonly MessageView[];
}

export const createAnnouncer = (core: CoreApi, chats: Chats): ReadonlySignal<Announcement | undefined> => {
  const announcement = signal<Announcement | undefined>(undefined);
  let waiting: MessageView[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  core.subscribe((event) => {
    if (event.type !== 'messages' || event.chatId !== chats.open.peek()?.chatId) return;
    const arrived = new Set(event.arrived);
    const news = event.messages.filter((message) => arrived.has(message.messageId));
    if (news.length === 0) return;
    waiting.push(...news);
    timer ??= setTimeout(() => {
      timer = undefined;
      const chat = chats.open.peek()?.view.peek();
      const messages = waiting.filter((message) => message.chatId === chat?.chatId);
      waiting = [];
      if (chat !== undefined && messages.length > 0) announcement.value = { author: chat.username, messages };
    }, BATCH_MS);
  });
  return announcement;
};
