import { Button } from '../../components/Button.js';
import { EmptyState } from '../../components/EmptyState.js';
import { useApp, useText } from '../app-context.js';

export const NoChat = () => {
  const { dialog } = useApp();
  const text = useText();
  return (
    <main class="pane pane-chat">
      <EmptyState text={text('chats.choose')}>
        <Button onClick={() => (dialog.value = 'newChat')}>{text('chats.empty.action')}</Button>
      </EmptyState>
    </main>
  );
};
