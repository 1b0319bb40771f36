import { useRef } from 'preact/hooks';
import { IconButton } from '../../components/Button.js';
import { MenuButton } from '../../components/Menu.js';
import { ariaShortcut } from '../../model/shortcuts.js';
import { useApp, useText } from '../app-context.js';
import { SearchField } from '../search/SearchField.js';
import { SearchResults } from '../search/SearchResults.js';
import { ChatList } from './ChatList.js';
import { PaneSplitter } from './PaneSplitter.js';

export const ListPane = () => {
  const { dialog, keyboard, search, state } = useApp();
  const text = useText();
  const pane = useRef<HTMLElement>(null);
  const rows = useRef<(() => void) | undefined>(undefined);
  const focusChats = (): void => pane.current?.querySelector<HTMLElement>('[role="option"][tabindex="0"]')?.focus();
  const app = state.app.value;
  const signedOut = app?.phase === 'ready' && app.connection.state === 'signedOut';
  return (
    <nav ref={pane} class="pane pane-list" aria-label={text('chats.title')}>
      <header class="pane-head">
        <MenuButton
          label={text('chats.menu')}
          icon="menu"
          align="start"
          items={[
            { label: text('chats.settings'), icon: 'settings', onChoose: () => (dialog.value = 'settings') },
            signedOut
              ? { label: text('action.signIn'), icon: 'lock', onChoose: () => (dialog.value = 'signIn') }
              : {
                  label: text('action.signOut'),
                  icon: 'signOut',
                  danger: true,
                  onChoose: () => (dialog.value = 'signOut'),
                },
          ]}
        />
        <h2 class="pane-title">{text('chats.title')}</h2>
        <IconButton
          icon="compose"
          label={text('chats.new')}
          shortcut={ariaShortcut('N', keyboard)}
          onClick={() => (dialog.value = 'newChat')}
        />
      </header>
      <SearchField onDown={() => (search.isActive.peek() ? rows.current : focusChats)?.()} />
      {search.isActive.value ? <SearchResults enterRef={rows} /> : <ChatList />}
      <PaneSplitter />
    </nav>
  );
};
