import { Avatar } from '../../components/Avatar.js';
import { Banner } from '../../components/Banner.js';
import { Button, IconButton } from '../../components/Button.js';
import { MenuButton } from '../../components/Menu.js';
import { outcomeOf } from '../../model/outcome.js';
import { Icon } from '../../components/Icon.js';
import type { Chat } from '../../model/chat.js';
import { ariaShortcut } from '../../model/shortcuts.js';
import { useApp, useText } from '../app-context.js';
import { ComposerBar } from './ComposerBar.js';
import { MessageList } from './MessageList.js';
import { RequestBar } from './RequestBar.js';

export const ChatPane = ({ chat }: { readonly chat: Chat }) => {
  const { chats, dialog, core, keyboard, search, state } = useApp();
  const text = useText();
  const view = chat.view.value;
  if (view === undefined) return <div class="pane pane-chat" />;
  const name = view.username;
  const compare = (): void => {
    dialog.value = 'safetyNumber';
  };
  const setBlocked = async (blocked: boolean): Promise<void> => {
    const changed = await outcomeOf(core.call('setBlocked', { chatId: view.chatId, blocked }));
    if (changed.ok) state.adoptChat(changed.value);
  };
  return (
    <section class="pane pane-chat" aria-label={name}>
      <header class="pane-head">
        <IconButton class="shell-back" icon="back" label={text('action.back')} onClick={chats.close} />
        <Avatar accountId={view.chatId} name={name} small />
        <div class="chat-names">
          <h2 class="chat-name clip" dir="auto">
            {name}
          </h2>
          <p class="chat-sealed">
            <Icon name="lock" />
            {text('chat.encrypted')}
          </p>
        </div>
        <IconButton
          icon="search"
          label={text('search.inChat')}
          shortcut={ariaShortcut('F', keyboard)}
          onClick={() => search.ask(view.chatId)}
        />
        <IconButton icon="shield" label={text('safety.title')} onClick={compare} />
        <MenuButton
          icon="more"
          label={text('chat.actions')}
          align="end"
          items={[
            view.blocked
              ? { label: text('chat.unblock'), icon: 'check', onChoose: () => void setBlocked(false) }
              : { label: text('chat.block'), icon: 'close', danger: true, onChoose: () => void setBlocked(true) },
          ]}
        />
      </header>
      {view.alarm && (
        <Banner kind="error" icon="alert" text={text('alarm.text', { name })}>
          <Button size="small" onClick={compare}>
            {text('alarm.compare')}
          </Button>
        </Banner>
      )}
      {view.blocked && (
        <Banner kind="info" icon="info" text={text('chat.blocked', { name })}>
          <Button size="small" onClick={() => void setBlocked(false)}>
            {text('chat.unblock')}
          </Button>
        </Banner>
      )}
      <MessageList chat={chat} name={name} />
      {view.standing === 'request' ? <RequestBar chat={chat} name={name} /> : <ComposerBar chat={chat} name={name} />}
    </section>
  );
};
