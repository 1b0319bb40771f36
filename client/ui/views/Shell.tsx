import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { boundedWidth } from '../model/preferences.js';
import { commandOf } from '../model/shortcuts.js';
import { useApp, useText } from './app-context.js';
import { ChatPane } from './chat/ChatPane.js';
import { ListPane } from './chat-list/ListPane.js';
import { NoChat } from './chat/NoChat.js';
import { Dialogs } from './dialogs/Dialogs.js';
import { LiveRegion } from './LiveRegion.js';
import { Notices } from './Notices.js';
import { runCommand } from './run-command.js';
import { ToastView } from './ToastView.js';

/** The chats: a list, the open one, and room for its details. */
export const Shell = () => {
  const app = useApp();
  const { chats, search, preferences, keyboard } = app;
  const text = useText();
  const shell = useRef<HTMLElement>(null);
  const open = chats.open.value;
  const width = preferences.listWidth.value;

  useLayoutEffect(() => {
    shell.current?.style.setProperty('--list-width', `${boundedWidth(width)}px`);
  }, [width]);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const command = commandOf(event, keyboard);
      // A dialog has the keyboard to itself.
      if (command === undefined || app.dialog.peek() !== undefined) return;
      event.preventDefault();
      runCommand(app, command, shell.current);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);

  return (
    <>
      <Notices />
      <main class="shell" ref={shell} data-showing={open === undefined || search.inFront.value ? 'list' : 'chat'}>
        {/* Whichever pane is in sight. */}
        <h1 class="visually-hidden">{text('app.name')}</h1>
        <ListPane />
        {open === undefined ? <NoChat /> : <ChatPane key={open.chatId} chat={open} />}
      </main>
      <LiveRegion />
      {app.dialog.value === undefined && <ToastView />}
      <Dialogs />
    </>
  );
};
