import { Button } from '../../components/Button.js';
import { EmptyState } from '../../components/EmptyState.js';
import { useApp, useText } from '../app-context.js';

export const NoChat = () => {
  const { chats, dialog } = useApp();
  const text = useText();
  // Without any chat the list says what to do, once.
  if ((chats.list.value ?? []).length === 0) return <div class="pane pane-chat" />;
  return (
    <div class="pane pane-chat">
      <EmptyState text={text('chats.choose')}>
        <Button onClick={() => (dialog.value = 'newChat')}>{text('chats.empty.action')}</Button>
      </EmptyState>
    </div>
  );
};
