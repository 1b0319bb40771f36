import { useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton } from '../../components/Button.js';
import { Icon } from '../../components/Icon.js';
import { ariaShortcut } from '../../model/shortcuts.js';
import { useApp, useText } from '../app-context.js';

interface SearchFieldProps {
  /** Down from the field, into what was found or the chats. */
  readonly onDown: () => void;
}

export const SearchField = ({ onDown }: SearchFieldProps) => {
  const { search, keyboard } = useApp();
  const text = useText();
  const input = useRef<HTMLInputElement>(null);
  const asked = search.focusAsked.value;

  // At once: what is typed next belongs here already.
  useLayoutEffect(() => {
    if (asked === 0) return;
    input.current?.focus();
    input.current?.select();
  }, [asked]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      onDown();
    } else if (event.key === 'Escape' && search.isActive.peek()) {
      event.preventDefault();
      event.stopPropagation();
      search.close();
    }
  };

  return (
    <div class="search-field" role="search">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        enterkeyhint="search"
        autoComplete="off"
        spellcheck={false}
        maxLength={256}
        dir="auto"
        aria-label={text('search.label')}
        aria-keyshortcuts={ariaShortcut('K', keyboard)}
        placeholder={text('search.label')}
        value={search.text.value}
        onInput={(event) => (search.text.value = event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {search.isActive.value && (
        <IconButton
          icon="close"
          label={text('search.clear')}
          onClick={() => {
            search.close();
            input.current?.focus();
          }}
        />
      )}
    </div>
  );
};
