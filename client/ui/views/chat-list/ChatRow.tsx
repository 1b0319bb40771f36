import type { ChatView } from '@sotto/client/bridge';
import type { Ref } from 'preact';
import { Avatar } from '../../components/Avatar.js';
import { Badge } from '../../components/Badge.js';
import { DeliveryMark } from '../../components/DeliveryMark.js';
import { useApp, useText, useTranslator } from '../app-context.js';
import { bodyText } from '../words.js';

/** From here on the exact count tells nobody more. */
const COUNT_MOST = 999;

const usePreview = (chat: ChatView): { readonly lead?: string; readonly tone?: string; readonly text: string } => {
  const text = useText();
  const last = chat.lastMessage;
  // The most urgent first: what failed, what is half written, what came.
  if (last?.delivery?.state === 'failed')
    return { lead: text('chats.failed'), tone: 'row-failed', text: bodyText(last, text) };
  if (chat.draft !== '') return { lead: text('chats.draft'), tone: 'row-mark', text: chat.draft };
  if (chat.standing === 'request') return { lead: text('chats.request'), tone: 'row-mark', text: '' };
  if (last === undefined) return { text: text('chats.noMessages') };
  return last.author === 'self'
    ? { lead: text('chats.you'), text: bodyText(last, text) }
    : { text: bodyText(last, text) };
};

interface ChatRowProps {
  readonly chat: ChatView;
  readonly position: number;
  readonly count: number;
  readonly selected: boolean;
  readonly focusable: boolean;
  readonly rowRef: Ref<HTMLDivElement>;
  readonly onOpen: () => void;
  readonly onFocus: () => void;
}

export const ChatRow = ({ chat, position, count, ...props }: ChatRowProps) => {
  const { now } = useApp();
  const { text, times, language } = useTranslator();
  const preview = usePreview(chat);
  const last = chat.lastMessage;
  const delivery = last?.author === 'self' ? last.delivery : undefined;
  return (
    <div
      ref={props.rowRef}
      class="row ring-inside"
      role="option"
      aria-selected={props.selected}
      aria-setsize={count}
      aria-posinset={position + 1}
      tabIndex={props.focusable ? 0 : -1}
      onClick={props.onOpen}
      onFocus={props.onFocus}
    >
      <Avatar accountId={chat.chatId} name={chat.username} />
      <div class="row-body">
        <div class="row-line">
          <span class="row-name">
            <span class="clip" dir="auto">
              {chat.username}
            </span>
          </span>
          <span class="row-end">
            {delivery !== undefined && (
              <DeliveryMark state={delivery.state} label={text(`delivery.${delivery.state}`)} />
            )}
            {last !== undefined && <bdi>{times.brief(last.sentAt, now.value)}</bdi>}
          </span>
        </div>
        <div class="row-line">
          <span class="row-preview">
            {preview.lead !== undefined && <span class={`row-lead ${preview.tone ?? ''}`}>{preview.lead}</span>}
            <span class="clip" dir="auto">
              {preview.text}
            </span>
          </span>
          {chat.unread > 0 && (
            <Badge
              text={chat.unread > COUNT_MOST ? text('chats.unread.many') : chat.unread.toLocaleString(language)}
              label={text('chats.unread', { count: chat.unread })}
            />
          )}
        </div>
      </div>
    </div>
  );
};
