import { Button } from '../../components/Button.js';
import { FieldError } from '../../components/Field.js';
import type { Chat } from '../../model/chat.js';
import { useText } from '../app-context.js';
import { useFailureText } from '../words.js';

interface ListEdgeProps {
  readonly chat: Chat;
  readonly name: string;
}

/** What stands above the oldest message that is shown: older ones on their way, why they do not come, or the beginning. */
export const ListEdge = ({ chat, name }: ListEdgeProps) => {
  const text = useText();
  const { timeline, entered } = chat;
  const failure = useFailureText(timeline.failure.value);
  if (failure !== undefined)
    return (
      <div class="messages-edge">
        <FieldError text={failure} />
        <Button size="small" onClick={() => void (entered.peek() ? timeline.loadOlder() : chat.enter())}>
          {text('action.tryAgain')}
        </Button>
      </div>
    );
  if (!entered.value || timeline.hasOlder.value)
    return (
      <p class="messages-edge" role="status">
        {timeline.loading.value && <span class="messages-patience">{text('chat.loadingOlder')}</span>}
      </p>
    );
  return <p class="messages-edge">{text('chat.empty', { name })}</p>;
};
