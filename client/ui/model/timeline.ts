import { signal, type ReadonlySignal } from '@preact/signals';
import { compareCursors, type CoreApi, type MessageView } from '@sotto/client/bridge';
import type { Failure } from '../i18n/failure-text.js';
import type { ChatId } from './core-state.js';
import { outcomeOf } from './outcome.js';

export type MessageId = MessageView['messageId'];

/** Fills the tallest screen, so that opening a chat takes one call. */
const PAGE = 50;
/** The most that one call may ask for. */
const PAGE_MOST = 200;

/** The messages of one chat that have been loaded: without a gap, up to the newest or, after a jump, to some point before it. */
export interface Timeline {
  /** Oldest first; `undefined` until the first page is there. */
  readonly messages: ReadonlySignal<readonly MessageView[] | undefined>;
  readonly hasOlder: ReadonlySignal<boolean>;
  readonly hasNewer: ReadonlySignal<boolean>;
  readonly loading: ReadonlySignal<boolean>;
  readonly failure: ReadonlySignal<Failure | undefined>;
  /** Loads the newest messages, `least` of them where there are so many; keeps older ones that join on without a gap. */
  readonly load: (least?: number) => Promise<void>;
  readonly loadOlder: () => Promise<void>;
  readonly loadNewer: () => Promise<void>;
  /** Loads a message with what stands around it, in the place of what was loaded. */
  readonly loadAround: (message: MessageView) => Promise<void>;
  /** Takes in messages that are new or whose state changed. */
  readonly apply: (changed: readonly MessageView[]) => void;
  /** Leaves out messages that were deleted. */
  readonly remove: (messageIds: readonly MessageId[]) => void;
}

const inOrder = (one: MessageView, other: MessageView): number => compareCursors(one.cursor, other.cursor);

const merged = (known: readonly MessageView[], further: readonly MessageView[]): readonly MessageView[] => {
  const byId = new Map(known.map((message) => [message.messageId, message]));
  for (const message of further) byId.set(message.messageId, message);
  return [...byId.values()].sort(inOrder);
};

const without = (list: readonly MessageView[], removed: ReadonlySet<MessageId>): readonly MessageView[] =>
  removed.size === 0 ? list : list.filter(({ messageId }) => !removed.has(messageId));

/** Runs every change of the list, so that what depends on it can change in the same moment. */
export type AroundChange = (change: () => void) => void;

export const createTimeline = (core: CoreApi, chatId: ChatId, around: AroundChange): Timeline => {
  const messages = signal<readonly MessageView[] | undefined>(undefined);
  const hasOlder = signal(true);
  const hasNewer = signal(false);
  const loading = signal(false);
  const failure = signal<Failure | undefined>(undefined);
  /** What events brought while a page was under way: the page may be older than they are. */
  let changedMeanwhile: MessageView[] = [];
  /** Never shown again, whatever a page says that was under way. */
  const removed = new Set<MessageId>();

  const fetchPage = async (beside: { readonly before?: string; readonly after?: string }, limit: number) => {
    const page = await outcomeOf(core.call('listMessages', { chatId, limit, ...beside }));
    failure.value = page.ok ? undefined : page.failure;
    return page.ok ? page.value : undefined;
  };

  const whileLoading = async (work: () => Promise<void>): Promise<void> => {
    if (loading.peek()) return;
    loading.value = true;
    changedMeanwhile = [];
    try {
      await work();
    } finally {
      loading.value = false;
    }
  };

  /** What lies outside of the loaded part comes with its page: inserted now, it would stand beside a gap. */
  const fitting = (known: readonly MessageView[], changed: readonly MessageView[]): readonly MessageView[] => {
    const [oldest, newest] = [known[0], known.at(-1)];
    if (oldest === undefined || newest === undefined) return changed;
    return changed.filter(
      (message) =>
        (!hasOlder.peek() || inOrder(oldest, message) <= 0) && (!hasNewer.peek() || inOrder(message, newest) <= 0),
    );
  };

  interface Ends {
    readonly older: boolean;
    readonly newer: boolean;
  }

  const insert = (page: readonly MessageView[], ends: Ends, onto: readonly MessageView[]): void => {
    around(() => {
      hasOlder.value = ends.older;
      hasNewer.value = ends.newer;
      const known = merged(onto, page);
      messages.value = without(merged(known, fitting(known, changedMeanwhile)), removed);
    });
  };

  const loadOlder = async (limit = PAGE): Promise<void> => {
    const known = messages.peek() ?? [];
    const page = await fetchPage(known[0] === undefined ? {} : { before: known[0].cursor }, limit);
    if (page !== undefined) insert(page.messages, { older: page.more, newer: hasNewer.peek() }, messages.peek() ?? []);
  };

  const loadNewer = async (): Promise<void> => {
    const newest = messages.peek()?.at(-1);
    const page = newest && (await fetchPage({ after: newest.cursor }, PAGE));
    if (page !== undefined) insert(page.messages, { older: hasOlder.peek(), newer: page.more }, messages.peek() ?? []);
  };

  const loadAround = async (message: MessageView): Promise<void> => {
    const before = await fetchPage({ before: message.cursor }, PAGE);
    const after = before && (await fetchPage({ after: message.cursor }, PAGE));
    if (before === undefined || after === undefined) return;
    insert([...before.messages, message, ...after.messages], { older: before.more, newer: after.more }, []);
  };

  const joins = (page: readonly MessageView[], known: readonly MessageView[]): boolean => {
    const ids = new Set(known.map(({ messageId }) => messageId));
    return page.some(({ messageId }) => ids.has(messageId));
  };

  return {
    messages,
    hasOlder,
    hasNewer,
    loading,
    failure,
    load: (least = PAGE) =>
      whileLoading(async () => {
        const known = messages.peek() ?? [];
        const page = await fetchPage({}, Math.min(Math.max(least, PAGE), PAGE_MOST));
        if (page === undefined) return;
        const keep = joins(page.messages, known);
        insert(page.messages, { older: keep ? hasOlder.peek() : page.more, newer: false }, keep ? known : []);
        while (hasOlder.peek() && (messages.peek()?.length ?? 0) < least && failure.peek() === undefined)
          await loadOlder(PAGE_MOST);
      }),
    loadOlder: () => whileLoading(loadOlder),
    loadNewer: () => whileLoading(loadNewer),
    loadAround: (message) => whileLoading(() => loadAround(message)),
    apply: (changed) => {
      if (loading.peek()) changedMeanwhile.push(...changed);
      const known = messages.peek();
      if (known === undefined) return;
      const news = fitting(known, changed);
      if (news.length > 0)
        around(() => {
          messages.value = without(merged(known, news), removed);
        });
    },
    remove: (messageIds) => {
      for (const messageId of messageIds) removed.add(messageId);
      const known = messages.peek();
      if (known?.some(({ messageId }) => removed.has(messageId)) === true)
        around(() => {
          messages.value = without(known, removed);
        });
    },
  };
};
