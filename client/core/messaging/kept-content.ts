import { decodeKeptContent } from '@sotto/protocol/content';
import type { ChangeFeed } from '../chats/change-feed.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { MessageRepository } from '../storage/message-repository.js';

interface KeptContentParts {
  readonly database: ProfileDatabase;
  readonly messages: MessageRepository;
  readonly feed: ChangeFeed;
}

/** Reads messages that an older version kept unread once more: this one may know their kind. */
export const revealKeptContent = ({ database, messages, feed }: KeptContentParts): void => {
  database.atomically(() => {
    for (const { row, chatId, body } of messages.unknown()) {
      const content = body.kind === 'unknown' ? decodeKeptContent(body.encoded) : 'body';
      if (typeof content === 'string' || content.body.kind !== 'text') continue;
      messages.reveal(row, content.body.body);
      feed.note(chatId, [row]);
    }
  });
};
