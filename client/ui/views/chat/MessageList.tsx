import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Chat } from '../../model/chat.js';
import type { DayItems } from '../../model/timeline-items.js';
import { useApp, useTranslator } from '../app-context.js';
import { ListEdge } from './ListEdge.js';
import { Message } from './Message.js';
import { distanceToEnd, newestInSight, readPlace, restorePlace } from './scroll-place.js';
import { ToLatest } from './ToLatest.js';

interface MessageListProps {
  readonly chat: Chat;
  readonly name: string;
}

/** How near an edge of what is in the document may come before more is put there. */
const AHEAD_PX = 600;

const NOTHING: readonly DayItems[] = [];

export const MessageList = ({ chat, name }: MessageListProps) => {
  const { attending, now, dialog } = useApp();
  const { text, times } = useTranslator();
  const scroller = useRef<HTMLDivElement>(null);
  const articles = useRef(new Map<string, HTMLElement>());
  const focused = useSignal<string | undefined>(undefined);
  const days = chat.entered.value ? chat.days.value : NOTHING;
  const items = days.flatMap((day) => day.items);
  const stop = items.some(({ message }) => message.messageId === focused.value)
    ? focused.value
    : items.at(-1)?.message.messageId;

  const look = (): void => {
    const element = scroller.current;
    if (element === null || !chat.entered.peek()) return;
    if (attending.peek()) {
      const newest = newestInSight(element);
      if (newest !== undefined) chat.seen(newest);
    }
    if (element.scrollTop < AHEAD_PX && chat.timeline.failure.peek() === undefined) void chat.showOlder();
    if (distanceToEnd(element) < AHEAD_PX && !chat.atNewest.peek()) void chat.showNewer();
  };

  const settle = (): void => {
    if (scroller.current === null || !chat.entered.peek()) return;
    restorePlace(scroller.current, chat.place.peek());
    // Short chats do not scroll, so no event would tell that the end is in sight.
    if (readPlace(scroller.current, chat.atNewest.peek()) === 'end') chat.moveTo('end');
    look();
  };

  // Whatever a change did to the heights, the person stays where they are.
  useLayoutEffect(settle, [days]);

  // The count of unread messages follows the messages themselves, which may stand in sight by then.
  const unread = useComputed(() => chat.view.value?.unread);
  useLayoutEffect(look, [unread.value]);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(settle);
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    return () => observer.disconnect();
  }, []);

  useSignalEffect(() => {
    if (attending.value) look();
  });

  const onScroll = (): void => {
    const element = scroller.current;
    if (element === null || !chat.entered.peek()) return;
    chat.moveTo(readPlace(element, chat.atNewest.peek()));
    look();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.target instanceof HTMLElement)) return;
    if (event.target.tagName !== 'ARTICLE') return;
    const at = items.findIndex(({ message }) => message.messageId === stop);
    const next = items[event.key === 'ArrowUp' ? at - 1 : at + 1]?.message.messageId;
    if (next === undefined) return;
    event.preventDefault();
    articles.current.get(next)?.focus();
  };

  return (
    <div class="messages">
      <div class="messages-scroller scroller" ref={scroller} onScroll={onScroll}>
        <div class="messages-column">
          <ListEdge chat={chat} name={name} />
          <div role="list" aria-label={text('chat.messages', { name })} onKeyDown={onKeyDown}>
            {days.map((day) => (
              <div key={day.key} class="day" role="presentation">
                <div class="day-mark" role="presentation">
                  {times.day(day.at, now.value)}
                </div>
                {day.items.map((item) => (
                  <div key={item.message.messageId} role="presentation">
                    {item.unreadLine && <p class="unread-line">{text('chat.unreadLine')}</p>}
                    <Message
                      item={item}
                      name={name}
                      marked={item.message.messageId === chat.marked.value}
                      focusable={item.message.messageId === stop}
                      articleRef={(element) => {
                        if (element === null) articles.current.delete(item.message.messageId);
                        else articles.current.set(item.message.messageId, element);
                      }}
                      onFocus={() => (focused.value = item.message.messageId)}
                      onRetry={() => void chat.retry(item.message.messageId)}
                      onDelete={() => {
                        chat.chosen.value = item.message.messageId;
                        dialog.value = 'deleteMessage';
                      }}
                    />
                  </div>
                ))}
              </div>
            ))}
          </div>
        </div>
      </div>
      <ToLatest chat={chat} scroller={scroller} />
    </div>
  );
};
