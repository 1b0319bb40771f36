import type { Author, Period } from '../../model/search.js';
import { useApp, useText } from '../app-context.js';

const AUTHORS: readonly Author[] = ['anyone', 'peer', 'self'];
const PERIODS: readonly Period[] = ['any', 'week', 'month', 'year'];

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly values: readonly Value[];
  readonly chosen: Value;
  readonly nameOf: (value: Value) => string;
  readonly onChoose: (value: Value) => void;
}

const Choice = <Value extends string>({ label, values, chosen, nameOf, onChoose }: ChoiceProps<Value>) => (
  <select
    class="chip"
    aria-label={label}
    value={chosen}
    onChange={(event) => values.filter((value) => value === event.currentTarget.value).forEach(onChoose)}
  >
    {values.map((value) => (
      <option key={value} value={value}>
        {nameOf(value)}
      </option>
    ))}
  </select>
);

/** What narrows a search down: where, by whom, since when, what. */
export const SearchFilters = () => {
  const { search, chats } = useApp();
  const text = useText();
  const { chatId, author, period, linksOnly } = search.filter.value;
  const here = chats.list.value?.find((chat) => chat.chatId === chatId);
  return (
    <div class="search-filters" role="group" aria-label={text('search.filters')}>
      {here !== undefined && (
        <button type="button" class="chip" aria-pressed="true" onClick={() => search.setFilter({ chatId: undefined })}>
          <span class="clip" dir="auto">
            {text('search.here', { name: here.username })}
          </span>
        </button>
      )}
      <Choice
        label={text('search.author')}
        values={AUTHORS}
        chosen={author}
        nameOf={(value) => text(`search.author.${value}`)}
        onChoose={(value) => search.setFilter({ author: value })}
      />
      <Choice
        label={text('search.period')}
        values={PERIODS}
        chosen={period}
        nameOf={(value) => text(`search.period.${value}`)}
        onChoose={(value) => search.setFilter({ period: value })}
      />
      <button
        type="button"
        class="chip"
        aria-pressed={linksOnly}
        onClick={() => search.setFilter({ linksOnly: !linksOnly })}
      >
        {text('search.links')}
      </button>
    </div>
  );
};
