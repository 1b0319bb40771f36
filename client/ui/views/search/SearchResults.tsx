import { useSignal } from '@preact/signals';
import type { ChatView, SearchHitView } from '@sotto/client/bridge';
import type { Ref } from 'preact';
import { useRef } from 'preact/hooks';
import { Avatar } from '../../components/Avatar.js';
import { Button } from '../../components/Button.js';
import { FieldError } from '../../components/Field.js';
import { useApp, useText, useTranslator } from '../app-context.js';
import { useFailureText } from '../words.js';
import { excerptOf } from './excerpt.js';
import { SearchFilters } from './SearchFilters.js';

type Found =
  | { readonly kind: 'chat'; readonly key: string; readonly chat: ChatView }
  | { readonly kind: 'message'; readonly key: string; readonly hit: SearchHitView; readonly name: string };

interface RowProps {
  readonly focusable: boolean;
  readonly rowRef: Ref<HTMLDivElement>;
  readonly onOpen: () => void;
  readonly onFocus: () => void;
}

const FoundRow = ({ found, focusable, ...props }: RowProps & { readonly found: Found }) => {
  const { now } = useApp();
  const { text, times } = useTranslator();
  const { chatId } = found.kind === 'chat' ? found.chat : found.hit.message;
  const name = found.kind === 'chat' ? found.chat.username : found.name;
  return (
    <div
      ref={props.rowRef}
      class="row ring-inside"
      role="option"
      aria-selected="false"
      tabIndex={focusable ? 0 : -1}
      onClick={props.onOpen}
      onFocus={props.onFocus}
    >
      <Avatar accountId={chatId} name={name} />
      <div class="row-body">
        <div class="row-line">
          <span class="row-name">
            <span class="clip" dir="auto">
              {name}
            </span>
          </span>
          {found.kind === 'message' && (
            <span class="row-end">
              <bdi>{times.brief(found.hit.message.sentAt, now.value)}</bdi>
            </span>
          )}
        </div>
        {found.kind === 'message' && (
          <div class="row-line search-excerpt">
            {found.hit.message.author === 'self' && <span class="row-lead">{text('chats.you')}</span>}
            <Excerpt hit={found.hit} />
          </div>
        )}
      </div>
    </div>
  );
};

const Excerpt = ({ hit }: { readonly hit: SearchHitView }) => {
  const { body } = hit.message;
  if (body.kind !== 'text') return null;
  return (
    <span class="search-text" dir="auto">
      {excerptOf(body.text, hit.ranges).map((piece, index) =>
        piece.found ? <mark key={index}>{piece.text}</mark> : piece.text,
      )}
    </span>
  );
};

interface Section {
  readonly title: string;
  readonly found: readonly Found[];
}

const useFound = (): readonly Section[] => {
  const { search, chats } = useApp();
  const text = useText();
  const names = new Map((chats.list.value ?? []).map((chat) => [chat.chatId, chat.username]));
  const byText = (search.hits.value ?? []).map((hit): Found => {
    const { messageId, chatId } = hit.message;
    return { kind: 'message', key: messageId, hit, name: names.get(chatId) ?? '' };
  });
  const byName = search.chats.value.map((chat): Found => ({ kind: 'chat', key: chat.chatId, chat }));
  return [
    { title: text('chats.title'), found: byName },
    { title: text('search.messages'), found: byText },
  ].filter(({ found }) => found.length > 0);
};

const Note = ({ isEmpty }: { readonly isEmpty: boolean }) => {
  const { search } = useApp();
  const text = useText();
  const words = (): string => {
    if (search.failure.value !== undefined) return '';
    if (!search.isEnough.value) return text('search.short');
    if (search.hits.value === undefined) return '';
    const nothing = isEmpty ? text('search.nothing', { text: search.text.value.trim() }) : '';
    return search.isPartial.value ? `${nothing} ${text('search.partial')}`.trim() : nothing;
  };
  return (
    <p class="search-note" role="status">
      {words()}
    </p>
  );
};

interface SearchResultsProps {
  /** Set to what takes the keyboard to the results. */
  readonly enterRef: { current: (() => void) | undefined };
}

/** In the place of the chat list while something is looked for. */
export const SearchResults = ({ enterRef }: SearchResultsProps) => {
  const { search } = useApp();
  const text = useText();
  const rows = useRef(new Map<string, HTMLDivElement>());
  const focused = useSignal<string | undefined>(undefined);
  const failure = useFailureText(search.failure.value);
  const sections = useFound();
  const all = sections.flatMap(({ found }) => found);
  const stop = all.some(({ key }) => key === focused.value) ? focused.value : all[0]?.key;
  enterRef.current = () => rows.current.get(stop ?? '')?.focus();

  const open = (found: Found): void => search.open(found.kind === 'chat' ? found.chat : found.hit);

  const step = (by: 1 | -1): void => {
    const next = all[all.findIndex(({ key }) => key === stop) + by];
    if (next !== undefined) rows.current.get(next.key)?.focus();
    else if (by < 0) search.ask(search.filter.peek().chatId);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const does: Readonly<Record<string, () => void>> = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Enter: () => all.filter(({ key }) => key === stop).forEach(open),
      Escape: () => {
        search.close();
        search.ask();
      },
    };
    const action = does[event.key === ' ' ? 'Enter' : event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };

  return (
    <div class="chat-rows scroller search-results">
      <SearchFilters />
      {all.length > 0 && (
        <div role="listbox" aria-label={text('search.results')} onKeyDown={onKeyDown}>
          {sections.map(({ title, found }) => (
            <div key={title} role="group" aria-label={title}>
              <h2 class="search-title" aria-hidden="true">
                {title}
              </h2>
              {found.map((one) => (
                <FoundRow
                  key={one.key}
                  found={one}
                  focusable={one.key === stop}
                  rowRef={(element) => {
                    if (element === null) rows.current.delete(one.key);
                    else rows.current.set(one.key, element);
                  }}
                  onOpen={() => open(one)}
                  onFocus={() => (focused.value = one.key)}
                />
              ))}
            </div>
          ))}
        </div>
      )}
      <Note isEmpty={all.length === 0} />
      {failure !== undefined && <FieldError text={failure} />}
      {search.hasMore.value && (
        <div class="search-more">
          <Button onClick={() => void search.showMore()}>{text('search.more')}</Button>
        </div>
      )}
    </div>
  );
};
