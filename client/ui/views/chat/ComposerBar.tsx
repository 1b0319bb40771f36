import { useLayoutEffect, useRef } from 'preact/hooks';
import { FieldError } from '../../components/Field.js';
import { Icon } from '../../components/Icon.js';
import type { Chat } from '../../model/chat.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText } from '../words.js';

interface ComposerBarProps {
  readonly chat: Chat;
  readonly name: string;
}

/** In the middle of choosing letters (Chinese, Japanese, Korean …) Enter belongs to the input method, not to us. */
const isComposing = (event: KeyboardEvent): boolean =>
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Safari ends the composition before this event: only this tells
  event.isComposing || event.keyCode === 229;

export const ComposerBar = ({ chat, name }: ComposerBarProps) => {
  const { chats } = useApp();
  const text = useText();
  const { composer } = chat;
  const input = useRef<HTMLTextAreaElement>(null);
  const failure = useFailureText(composer.failure.value);
  const written = composer.text.value;
  const left = composer.left.value;
  const tooLong = left !== undefined && left < 0;

  // As tall as its text; the style sheet holds it to one to eight lines.
  useLayoutEffect(() => {
    const element = input.current;
    if (element === null) return;
    element.style.blockSize = 'auto';
    element.style.blockSize = `${element.scrollHeight + 2}px`;
  }, [written]);

  useLayoutEffect(() => {
    // On a touch screen the focus would throw the keyboard over half of the chat.
    if (matchMedia('(pointer: fine)').matches) input.current?.focus();
  }, []);

  const send = (): void => {
    void chat.send();
    input.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (isComposing(event)) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && matchMedia('(max-width: 639.98px)').matches) chats.close();
  };

  return (
    <section class="composer">
      <div class="composer-column">
        <div class="composer-line">
          <textarea
            ref={input}
            class="composer-input"
            rows={1}
            dir="auto"
            value={written}
            placeholder={text('composer.placeholder')}
            aria-label={text('composer.label', { name })}
            aria-invalid={tooLong}
            onInput={(event) => composer.edit(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            onBlur={composer.flush}
          />
          <button
            type="button"
            class="button button-primary composer-send"
            aria-label={text('composer.send')}
            aria-disabled={composer.sendable.value ? undefined : true}
            title={composer.sendable.value || tooLong ? text('composer.send') : text('composer.empty')}
            onClick={send}
          >
            <Icon name="send" />
          </button>
        </div>
        {left !== undefined && !tooLong && <p class="composer-note">{text('composer.left', { count: left })}</p>}
        {tooLong && <FieldError text={text('composer.over', { count: -left })} />}
        {failure !== undefined && <FieldError text={failure} />}
      </div>
    </section>
  );
};
