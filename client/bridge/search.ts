import { z } from 'zod';
import { AccountIdValue, MessageView, UnixMsValue } from './views.js';

/** A part of a text, in UTF-16 units: [start, end). */
export const TextRangeView = z.tuple([z.number().int().nonnegative(), z.number().int().positive()]);

export const SearchHitView = z.strictObject({
  message: MessageView,
  /** Where the words stand in the text, in order. */
  ranges: z.array(TextRangeView).max(100),
});
export type SearchHitView = z.infer<typeof SearchHitView>;

export const SEARCH_METHODS = {
  /** Newest first. Each word is looked for by itself, in any part of a text; what stands in quotation marks, as it stands. */
  searchMessages: {
    params: z.strictObject({
      text: z.string().max(512),
      chatId: AccountIdValue.optional(),
      author: z.enum(['self', 'peer']).optional(),
      from: UnixMsValue.optional(),
      /** Not itself. */
      until: UnixMsValue.optional(),
      kind: z.enum(['link']).optional(),
      /** `next` of the page before. */
      after: z.number().int().nonnegative().optional(),
      limit: z.number().int().min(1).max(50),
    }),
    result: z.strictObject({
      hits: z.array(SearchHitView),
      /** There may be more after this page. */
      next: z.number().int().nonnegative().optional(),
      /** `false` while older messages are still being made findable. */
      complete: z.boolean(),
    }),
  },
} as const;
