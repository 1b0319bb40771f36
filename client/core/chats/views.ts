import type { ChatView, DeliveryView, MessageBodyView, MessageView } from '@sotto/client/bridge';
import type { Chat } from './chat.js';
import { encodeCursor } from './cursor.js';
import type { MessageBody, StoredMessage } from './message.js';

const deliveryOf = (message: StoredMessage): DeliveryView | undefined => {
  switch (message.state) {
    case 'waiting':
    case 'sent':
    case 'delivered':
    case 'read':
      return { state: message.state };
    case 'failed':
      return { state: 'failed', reason: message.failure };
    case 'unread':
    case 'seen':
      return undefined;
  }
};

const bodyOf = (body: MessageBody): MessageBodyView =>
  body.kind === 'text' ? { kind: 'text', text: body.text } : { kind: 'unknown' };

export const messageView = (message: StoredMessage): MessageView => {
  const delivery = deliveryOf(message);
  return {
    messageId: message.place.messageId,
    chatId: message.chatId,
    author: message.own ? 'self' : 'peer',
    body: bodyOf(message.body),
    sentAt: message.sentAt,
    ...(delivery === undefined ? {} : { delivery }),
    cursor: encodeCursor(message.place),
  };
};

export const chatView = (chat: Chat, lastMessage: StoredMessage | undefined): ChatView => ({
  chatId: chat.chatId,
  username: chat.username,
  standing: chat.standing,
  blocked: chat.blocked,
  alarm: chat.alarm,
  unread: chat.unread,
  draft: chat.draft,
  ...(lastMessage === undefined ? {} : { lastMessage: messageView(lastMessage) }),
  activeAt: chat.activeAt,
});
