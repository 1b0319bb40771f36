import { useSignal } from '@preact/signals';
import type { ChatView } from '@sotto/client/bridge';
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../../components/Button.js';
import { EmptyState } from '../../components/EmptyState.js';
import { useApp, useText } from '../app-context.js';
import { ChatRow } from './ChatRow.js';

const targetOf = (key: string, at: number, count: number): number | undefined => {
  if (key === 'ArrowDown') return Math.min(at + 1, count - 1);
  if (key === 'ArrowUp') return Math.max(at - 1, 0);
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return undefined;
};

/** While a pointer is down the order stands still: a row must not slip away under the finger. */
const useSteadyOrder = (list: readonly ChatView[]): readonly ChatView[] => {
  const pressed = useSignal(false);
  const order = useRef<readonly ChatView['chatId'][]>([]);

  useEffect(() => {
    const release = (): void => {
      pressed.value = false;
    };
    const press = (): void => {
      pressed.value = true;
    };
    document.addEventListener('pointerdown', press);
    document.addEventListener('pointerup', release);
    document.addEventListener('pointercancel', release);
    return () => {
      document.removeEventListener('pointerdown', press);
      document.removeEventListener('pointerup', release);
      document.removeEventListener('pointercancel', release);
    };
  }, []);

  if (!pressed.value) {
    order.current = list.map((chat) => chat.chatId);
    return list;
  }
  const places = new Map(order.current.map((chatId, index) => [chatId, index]));
  const placeOf = (chat: ChatView): number => places.get(chat.chatId) ?? places.size;
  return [...list].sort((one, other) => placeOf(one) - placeOf(other));
};

export const ChatList = () => {
  const { chats, dialog } = useApp();
  const text = useText();
  const listed = chats.list.value;
  const list = useSteadyOrder(listed ?? []);
  const rows = useRef(new Map<string, HTMLDivElement>());
  const focused = useSignal<string | undefined>(undefined);
  const openId = chats.open.value?.chatId;

  if (listed === undefined) return <div class="chat-rows" />;
  if (list.length === 0)
    return (
      <EmptyState text={text('chats.empty')}>
        <Button kind="primary" onClick={() => (dialog.value = 'newChat')}>
          {text('chats.empty.action')}
        </Button>
      </EmptyState>
    );

  // One stop of the Tab key: the row that had the focus, else the open chat, else the first.
  const stop = [focused.value, openId].find((id) => list.some((chat) => chat.chatId === id)) ?? list[0]?.chatId;

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = list.findIndex((chat) => chat.chatId === stop);
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      const chat = list[at];
      if (chat !== undefined) chats.show(chat.chatId);
      return;
    }
    const target = targetOf(event.key, at, list.length);
    const chat = target === undefined ? undefined : list[target];
    if (chat === undefined) return;
    event.preventDefault();
    rows.current.get(chat.chatId)?.focus();
  };

  return (
    <div class="chat-rows scroller" role="listbox" aria-label={text('chats.title')} onKeyDown={onKeyDown}>
      {list.map((chat, index) => (
        <ChatRow
          key={chat.chatId}
          chat={chat}
          position={index}
          count={list.length}
          selected={chat.chatId === openId}
          focusable={chat.chatId === stop}
          rowRef={(element) => {
            if (element === null) rows.current.delete(chat.chatId);
            else rows.current.set(chat.chatId, element);
          }}
          onOpen={() => chats.show(chat.chatId)}
          onFocus={() => (focused.value = chat.chatId)}
        />
      ))}
    </div>
  );
};
