import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { ChatView, CoreApi, ParamsOf, SearchHitView } from '@sotto/client/bridge';
import type { Failure } from '../i18n/failure-text.js';
import type { Chats } from './chats.js';
import type { ChatId } from './core-state.js';
import { outcomeOf } from './outcome.js';

export type Period = 'any' | 'week' | 'month' | 'year';
export type Author = 'anyone' | 'self' | 'peer';

/** What is looked for beside the words. */
export interface SearchFilter {
  readonly chatId: ChatId | undefined;
  readonly author: Author;
  readonly period: Period;
  readonly linksOnly: boolean;
}

/** Looking for chats by name and for messages by what they say. */
export interface Search {
  readonly text: Signal<string>;
  readonly filter: ReadonlySignal<SearchFilter>;
  /** Something is being looked for: results stand in the place of the chat list. */
  readonly isActive: ReadonlySignal<boolean>;
  /** Long enough to look for messages. */
  readonly isEnough: ReadonlySignal<boolean>;
  /** Chats whose name has the text in it; none while one chat is searched. */
  readonly chats: ReadonlySignal<readonly ChatView[]>;
  /** `undefined` until the first answer to what is asked now. */
  readonly hits: ReadonlySignal<readonly SearchHitView[] | undefined>;
  readonly hasMore: ReadonlySignal<boolean>;
  /** Older messages are still being made findable. */
  readonly isPartial: ReadonlySignal<boolean>;
  readonly failure: ReadonlySignal<Failure | undefined>;
  /** Stands before the open chat where there is room for one of them only. */
  readonly inFront: ReadonlySignal<boolean>;
  /** Goes up each time the field is to take the keyboard. */
  readonly focusAsked: ReadonlySignal<number>;
  readonly setFilter: (change: Partial<SearchFilter>) => void;
  /** Opens the search; with a chat, in that one. */
  readonly ask: (chatId?: ChatId) => void;
  readonly showMore: () => Promise<void>;
  /** Shows what was found: a chat, or one of its messages. */
  readonly open: (found: ChatView | SearchHitView) => void;
  readonly close: () => void;
}

export interface SearchParts {
  readonly core: CoreApi;
  readonly chats: Chats;
  readonly now: ReadonlySignal<number>;
  /** Runs something a moment later; gives back what calls it off. */
  readonly later?: (work: () => void, delayMs: number) => () => void;
}

/** What is typed on meanwhile need not be looked for. */
const PAUSE_MS = 60;
const PAGE = 50;
const CHARACTERS_LEAST = 2;
const DAY_MS = 86_400_000;
const DAYS: Readonly<Record<Exclude<Period, 'any'>, number>> = { week: 7, month: 31, year: 366 };

const NO_FILTER: SearchFilter = { chatId: undefined, author: 'anyone', period: 'any', linksOnly: false };

const byTimer = (work: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(work, delayMs);
  return () => clearTimeout(timer);
};

const folded = (text: string): string => text.normalize('NFKC').toLowerCase();

export const createSearch = ({ core, chats, now, later = byTimer }: SearchParts): Search => {
  const text = signal('');
  const filter = signal<SearchFilter>(NO_FILTER);
  const hits = signal<readonly SearchHitView[] | undefined>(undefined);
  const next = signal<number | undefined>(undefined);
  const isPartial = signal(false);
  const failure = signal<Failure | undefined>(undefined);
  const focusAsked = signal(0);
  const inFront = signal(false);
  /** Answers to what was asked before are not shown. */
  let question = 0;

  const words = computed(() => text.value.trim());
  const isEnough = computed(() => Array.from(words.value).length >= CHARACTERS_LEAST);

  const asked = computed(() => ({ text: words.value, filter: filter.value, isEnough: isEnough.value }));

  const queryOf = (after: number | undefined): ParamsOf<'searchMessages'> => {
    const { text: typed, filter: narrowed } = asked.peek();
    const { chatId, author, period, linksOnly } = narrowed;
    const from = period === 'any' ? undefined : Math.max(0, Math.floor(now.peek() - DAYS[period] * DAY_MS));
    return {
      text: typed,
      limit: PAGE,
      ...(chatId === undefined ? {} : { chatId }),
      ...(author === 'anyone' ? {} : { author }),
      ...(from === undefined ? {} : { from: from as ParamsOf<'searchMessages'>['from'] }),
      ...(linksOnly ? { kind: 'link' as const } : {}),
      ...(after === undefined ? {} : { after }),
    };
  };

  const look = async (after?: number): Promise<void> => {
    const number = question;
    const outcome = await outcomeOf(core.call('searchMessages', queryOf(after)));
    if (number !== question) return;
    batch(() => {
      failure.value = outcome.ok ? undefined : outcome.failure;
      if (!outcome.ok) return;
      hits.value = after === undefined ? outcome.value.hits : [...(hits.peek() ?? []), ...outcome.value.hits];
      next.value = outcome.value.next;
      isPartial.value = !outcome.value.complete;
    });
  };

  // Every change of the question asks anew; what was found stands until the answer is there.
  effect(() => {
    const isAsked = asked.value.isEnough;
    question += 1;
    if (isAsked) return later(() => void look(), PAUSE_MS);
    batch(() => {
      hits.value = undefined;
      next.value = undefined;
      failure.value = undefined;
    });
    return undefined;
  });

  // What is deleted, here or on another device, is gone from what was found as well.
  core.subscribe((event) => {
    if (event.type !== 'removed') return;
    const gone = new Set(event.messageIds);
    hits.value = hits.peek()?.filter(({ message }) => !gone.has(message.messageId));
  });

  return {
    text,
    filter,
    isActive: computed(() => words.value !== '' || filter.value.chatId !== undefined),
    isEnough,
    chats: computed(() => {
      const part = folded(words.value);
      if (part === '' || filter.value.chatId !== undefined) return [];
      return (chats.list.value ?? []).filter(({ username }) => folded(username).includes(part));
    }),
    hits,
    hasMore: computed(() => next.value !== undefined),
    isPartial,
    failure,
    focusAsked,
    inFront,
    setFilter: (change) => {
      filter.value = { ...filter.peek(), ...change };
    },
    ask: (chatId) =>
      batch(() => {
        filter.value = { ...filter.peek(), chatId };
        inFront.value = true;
        focusAsked.value += 1;
      }),
    showMore: async () => {
      const after = next.peek();
      if (after !== undefined) await look(after);
    },
    open: (found) => {
      inFront.value = false;
      if ('message' in found) void chats.showAt(found.message);
      else chats.show(found.chatId);
    },
    close: () =>
      batch(() => {
        inFront.value = false;
        text.value = '';
        filter.value = NO_FILTER;
      }),
  };
};
