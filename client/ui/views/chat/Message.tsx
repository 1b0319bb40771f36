import type { DeliveryView, MessageView } from '@sotto/client/bridge';
import type { Ref } from 'preact';
import { Button } from '../../components/Button.js';
import { Icon } from '../../components/Icon.js';
import { DeliveryMark } from '../../components/DeliveryMark.js';
import type { MessageItem } from '../../model/timeline-items.js';
import { useTranslator } from '../app-context.js';
import { bodyText } from '../words.js';

interface MessageProps {
  readonly item: MessageItem;
  /** The peer. */
  readonly name: string;
  /** It was jumped to: pointed at for a moment. */
  readonly marked: boolean;
  readonly focusable: boolean;
  readonly articleRef: Ref<HTMLElement>;
  readonly onFocus: () => void;
  readonly onRetry: () => void;
  readonly onDelete: () => void;
}

export const Message = ({ item, name, ...props }: MessageProps) => {
  const { message, first, last } = item;
  return (
    <div
      class="message"
      role="listitem"
      data-author={message.author}
      data-first={first ? '' : undefined}
      data-last={last ? '' : undefined}
      data-message={message.messageId}
      data-marked={props.marked ? '' : undefined}
    >
      <Bubble message={message} name={name} {...props} />
      {message.delivery?.state === 'failed' && (
        <Failed reason={message.delivery.reason} name={name} onRetry={props.onRetry} />
      )}
    </div>
  );
};

interface BubbleProps extends Pick<MessageProps, 'name' | 'focusable' | 'articleRef' | 'onFocus' | 'onDelete'> {
  readonly message: MessageView;
}

const Bubble = ({ message, name, ...props }: BubbleProps) => {
  const { text, times } = useTranslator();
  const body = bodyText(message, text);
  const time = times.clock(message.sentAt);
  const state = message.delivery && text(`delivery.${message.delivery.state}`);
  const label = { author: message.author === 'self' ? text('chat.author.self') : name, text: body, time };
  return (
    <article
      ref={props.articleRef}
      class="bubble ring-inside"
      aria-label={state === undefined ? text('chat.article', label) : text('chat.article.own', { ...label, state })}
      tabIndex={props.focusable ? 0 : -1}
      aria-keyshortcuts="Delete"
      onFocus={props.onFocus}
      onKeyDown={(event) => {
        if (event.key === 'Delete' && event.target === event.currentTarget) props.onDelete();
      }}
    >
      <div class={message.body.kind === 'text' ? 'bubble-text' : 'bubble-text bubble-unknown'} dir="auto">
        {body}
        <span class="bubble-meta">
          <bdi>
            <time dateTime={new Date(message.sentAt).toISOString()}>{time}</time>
          </bdi>
          {message.delivery !== undefined && <DeliveryMark state={message.delivery.state} label={state ?? ''} />}
        </span>
      </div>
      {/* For the pointer; the keyboard has the key. */}
      <button
        type="button"
        class="button button-icon bubble-delete"
        tabIndex={-1}
        aria-label={text('message.delete')}
        title={text('message.delete')}
        onClick={props.onDelete}
      >
        <Icon name="trash" />
      </button>
    </article>
  );
};

interface FailedProps {
  readonly reason: Extract<DeliveryView, { state: 'failed' }>['reason'];
  readonly name: string;
  readonly onRetry: () => void;
}

const Failed = ({ reason, name, onRetry }: FailedProps) => {
  const { text } = useTranslator();
  return (
    <div class="message-failure">
      <span>{text(`delivery.failed.${reason}`, { name })}</span>
      <Button size="small" onClick={onRetry}>
        {text('action.tryAgain')}
      </Button>
    </div>
  );
};
