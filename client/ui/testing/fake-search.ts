import { compareCursors, type MessageView, type ParamsOf, type ResultOf } from '@sotto/client/bridge';

/** Finds the text as it stands, in any case; the core's own search has its own tests. */
export const findMessages = (
  messages: readonly MessageView[],
  { text, chatId, author, from, until, kind, after = 0, limit }: ParamsOf<'searchMessages'>,
): ResultOf<'searchMessages'> => {
  const part = text.toLowerCase();
  const found = messages
    .filter((message) => chatId === undefined || message.chatId === chatId)
    .filter((message) => author === undefined || message.author === author)
    .filter(({ sentAt }) => (from === undefined || sentAt >= from) && (until === undefined || sentAt < until))
    .sort((one, other) => compareCursors(other.cursor, one.cursor))
    .flatMap((message): ResultOf<'searchMessages'>['hits'] => {
      if (message.body.kind !== 'text') return [];
      if (kind === 'link' && !message.body.text.includes('https://')) return [];
      const at = message.body.text.toLowerCase().indexOf(part);
      return at < 0 ? [] : [{ message, ranges: [[at, at + part.length]] }];
    });
  const page = found.slice(after, after + limit);
  return { hits: page, complete: true, ...(found.length > after + limit ? { next: after + limit } : {}) };
};
