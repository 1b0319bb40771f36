import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { ChatView, CoreApi, MessageView } from '@sotto/client/bridge';
import type { Failure } from '../i18n/failure-text.js';
import { createComposer, type Composer } from './composer.js';
import type { ChatId, CoreState } from './core-state.js';
import { followWindow, moveWindow, windowAround, windowAtEnd, type MessageWindow } from './message-window.js';
import { outcomeOf } from './outcome.js';
import { createTimeline, type MessageId, type Timeline } from './timeline.js';
import { arrangeByDay, firstUnread, type DayItems } from './timeline-items.js';

/** Where a person stands in a chat: at its end, or with a message this many pixels below the top edge. */
export type Place = 'end' | { readonly messageId: MessageId; readonly offset: number };

/** One chat as it is shown; lives on while other chats are open, so that coming back finds everything as it was. */
export interface Chat {
  readonly chatId: ChatId;
  readonly view: ReadonlySignal<ChatView | undefined>;
  readonly timeline: Timeline;
  readonly composer: Composer;
  /** Whether the messages and the place among them are there to be shown. */
  readonly entered: ReadonlySignal<boolean>;
  /** The part of the messages that stands in the document. */
  readonly days: ReadonlySignal<readonly DayItems[]>;
  /** Whether that part reaches to the newest message. */
  readonly atNewest: ReadonlySignal<boolean>;
  /** Messages of the peer that arrived while the end was out of sight. */
  readonly arrivedBelow: ReadonlySignal<number>;
  /** Why accepting or trying again was refused. */
  readonly failure: ReadonlySignal<Failure | undefined>;
  readonly place: ReadonlySignal<Place>;
  readonly moveTo: (place: Place) => void;
  readonly enter: () => Promise<void>;
  readonly leave: () => void;
  /** After events may have been missed. */
  readonly reload: () => Promise<void>;
  readonly apply: (messages: readonly MessageView[], arrived: readonly MessageId[]) => void;
  readonly showOlder: () => Promise<void>;
  readonly showNewer: () => Promise<void>;
  readonly showNewest: () => Promise<void>;
  /** Goes to a message wherever it stands, and points at it for a moment. */
  readonly jumpTo: (message: MessageView) => Promise<void>;
  /** The message that is pointed at. */
  readonly marked: ReadonlySignal<MessageId | undefined>;
  /** The person has this message, and so everything before it, before their eyes. */
  readonly seen: (messageId: MessageId) => void;
  readonly send: () => Promise<void>;
  readonly accept: () => Promise<void>;
  readonly retry: (messageId: MessageId) => Promise<void>;
  /** The message that a dialog asks about. */
  readonly chosen: Signal<MessageId | undefined>;
  /** Messages that are gone, here or on another device. */
  readonly remove: (messageIds: readonly MessageId[]) => void;
}

export interface ChatParts {
  readonly core: CoreApi;
  readonly state: CoreState;
  readonly newMessageId: () => MessageId;
  /** Whether the person is looking at this window. */
  readonly attending: ReadonlySignal<boolean>;
}

/** Further back than this the unread line is not looked for. */
const UNREAD_MOST = 1_000;
/** Read messages that stay in sight above the unread line, in pixels. */
const UNREAD_OFFSET = 96;
/** A message that was jumped to stands so far below the top edge. */
const JUMP_OFFSET = 160;
/** So long is it pointed at. */
const MARKED_MS = 1_200;

export const createChat = (chatId: ChatId, { core, state, newMessageId, attending }: ChatParts): Chat => {
  const view = computed(() => state.findChat(chatId));
  const window = signal<MessageWindow>({ from: 0, to: 0 });
  const unreadFrom = signal<MessageId | undefined>(undefined);
  const arrivedBelow = signal(0);
  const place = signal<Place>('end');
  const entered = signal(false);
  const failure = signal<Failure | undefined>(undefined);
  let inside = false;
  const isInside = (): boolean => inside;
  let readUpTo: MessageId | undefined;

  /** Changes the list; the window goes on beginning with the same message, or ending with the newest. */
  const keepingWindow = (change: () => void): void => {
    const first = loaded()[window.peek().from]?.messageId;
    const stick = place.peek() === 'end' && atNewest.peek();
    batch(() => {
      change();
      const { length } = loaded();
      window.value = stick || first === undefined ? windowAtEnd(length) : followWindow(indexOf(first), length);
    });
  };

  const timeline = createTimeline(core, chatId, keepingWindow);
  const composer = createComposer({ core, chatId, draft: view.peek()?.draft ?? '', newMessageId });
  const loaded = (): readonly MessageView[] => timeline.messages.peek() ?? [];
  const indexOf = (messageId: MessageId | undefined): number =>
    loaded().findIndex((message) => message.messageId === messageId);
  const atNewest = computed(
    () => !timeline.hasNewer.value && window.value.to >= (timeline.messages.value?.length ?? 0),
  );
  const marked = signal<MessageId | undefined>(undefined);
  let entering: Promise<void> = Promise.resolve();

  const moveTo = (next: Place): void => {
    place.value = next;
    if (next === 'end') arrivedBelow.value = 0;
  };

  const showNewest = async (): Promise<void> => {
    if (timeline.hasNewer.peek()) await timeline.load();
    if (timeline.hasNewer.peek()) return;
    batch(() => {
      moveTo('end');
      window.value = windowAtEnd(loaded().length);
    });
  };

  const point = (messageId: MessageId): void => {
    marked.value = messageId;
    setTimeout(() => {
      if (marked.peek() === messageId) marked.value = undefined;
    }, MARKED_MS);
  };

  const jumpTo = async (message: MessageView): Promise<void> => {
    await entering;
    if (indexOf(message.messageId) < 0) await timeline.loadAround(message);
    const index = indexOf(message.messageId);
    if (index < 0 || !isInside()) return;
    batch(() => {
      place.value = { messageId: message.messageId, offset: JUMP_OFFSET };
      window.value = windowAround(index, loaded().length);
    });
    point(message.messageId);
  };

  const enter = async (): Promise<void> => {
    const unread = Math.min(view.peek()?.unread ?? 0, UNREAD_MOST);
    const known = timeline.messages.peek();
    const isMissing = known === undefined || timeline.hasNewer.peek() || firstUnread(known, unread) === undefined;
    if (known === undefined || (unread > 0 && isMissing)) await timeline.load(unread + 1);
    if (isInside() && timeline.messages.peek() !== undefined) settleIn(unread);
  };

  /** Puts the unread line up and the person before it, unless they left this chat in the middle. */
  const settleIn = (unread: number): void =>
    batch(() => {
      unreadFrom.value = firstUnread(loaded(), unread);
      const stood = place.peek();
      // Where they stood after a jump is not loaded any more: newer messages wait for them.
      if (stood !== 'end' && indexOf(stood.messageId) < 0) place.value = 'end';
      const from = unreadFrom.peek();
      if (from !== undefined && place.peek() === 'end') place.value = { messageId: from, offset: UNREAD_OFFSET };
      const stand = place.peek();
      const { length } = loaded();
      window.value = stand === 'end' ? windowAtEnd(length) : windowAround(indexOf(stand.messageId), length);
      entered.value = true;
    });

  const attempt = async <T>(call: Promise<T>): Promise<T | undefined> => {
    const outcome = await outcomeOf(call);
    failure.value = outcome.ok ? undefined : outcome.failure;
    return outcome.ok ? outcome.value : undefined;
  };

  return {
    chatId,
    view,
    timeline,
    composer,
    entered,
    days: computed(() => {
      const { from, to } = window.value;
      return arrangeByDay((timeline.messages.value ?? []).slice(from, to), unreadFrom.value);
    }),
    atNewest,
    arrivedBelow,
    failure,
    place,
    moveTo,
    enter: () => {
      inside = true;
      entering = enter();
      return entering;
    },
    leave: () => {
      inside = false;
      entered.value = false;
      unreadFrom.value = undefined;
      arrivedBelow.value = 0;
      composer.flush();
    },
    reload: async () => {
      const stand = place.peek();
      const message = stand === 'end' ? undefined : loaded()[indexOf(stand.messageId)];
      if (timeline.hasNewer.peek() && message !== undefined) await timeline.loadAround(message);
      else if (timeline.messages.peek() !== undefined) await timeline.load(loaded().length);
      readUpTo = undefined;
      composer.flush();
    },
    apply: (messages, arrived) => {
      if (timeline.messages.peek() === undefined) return;
      timeline.apply(messages);
      // Below what is loaded they are counted, and come with their page.
      if (inside && timeline.hasNewer.peek()) arrivedBelow.value += arrived.length;
      const news = timeline.hasNewer.peek() ? [] : arrived.filter((messageId) => indexOf(messageId) >= 0);
      // What arrives late stands before what has been read, and is still to be marked.
      if (news.some((messageId) => indexOf(messageId) < indexOf(readUpTo))) readUpTo = undefined;
      if (!inside || news.length === 0) return;
      if (!attending.peek()) unreadFrom.value ??= news[0];
      if (place.peek() !== 'end') arrivedBelow.value += news.length;
    },
    showOlder: async () => {
      if (window.peek().from === 0) {
        if (!timeline.hasOlder.peek()) return;
        await timeline.loadOlder();
      }
      window.value = moveWindow(window.peek(), 'older', loaded().length);
    },
    showNewer: async () => {
      if (window.peek().to >= loaded().length && timeline.hasNewer.peek()) await timeline.loadNewer();
      window.value = moveWindow(window.peek(), 'newer', loaded().length);
    },
    showNewest,
    jumpTo,
    marked,
    seen: (messageId) => {
      const unread = view.peek()?.unread ?? 0;
      if (unread === 0 || indexOf(messageId) <= indexOf(readUpTo)) return;
      readUpTo = messageId;
      void outcomeOf(core.call('markRead', { chatId, upTo: messageId })).then((outcome) => {
        // Asked again when the person next moves here.
        if (!outcome.ok && readUpTo === messageId) readUpTo = undefined;
      });
    },
    send: async () => {
      // What is typed while the newest messages come is no part of this one.
      const shown = showNewest();
      await composer.send();
      await shown;
    },
    accept: async () => {
      const accepted = await attempt(core.call('acceptChat', { chatId }));
      if (accepted !== undefined) state.adoptChat(accepted);
    },
    chosen: signal<MessageId | undefined>(undefined),
    remove: (messageIds) =>
      batch(() => {
        const stand = place.peek();
        if (stand !== 'end' && messageIds.includes(stand.messageId)) moveTo('end');
        timeline.remove(messageIds);
      }),
    retry: async (messageId) => {
      const retried = await attempt(core.call('retryMessage', { messageId }));
      if (retried !== undefined) timeline.apply([retried]);
    },
  };
};
