import { Button } from '../../components/Button.js';
import { FieldError } from '../../components/Field.js';
import type { Chat } from '../../model/chat.js';
import { useText } from '../app-context.js';
import { useFailureText } from '../words.js';

interface RequestBarProps {
  readonly chat: Chat;
  readonly name: string;
}

/** Stands where the composer will be: a stranger learns nothing before the person has decided. */
export const RequestBar = ({ chat, name }: RequestBarProps) => {
  const text = useText();
  const failure = useFailureText(chat.failure.value);
  return (
    <section class="composer">
      <div class="composer-column">
        <div class="request">
          <p class="request-text">{text('request.text', { name })}</p>
          <Button kind="primary" onClick={() => void chat.accept()}>
            {text('request.accept')}
          </Button>
        </div>
        {failure !== undefined && <FieldError text={failure} />}
      </div>
    </section>
  );
};
