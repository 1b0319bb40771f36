import { Button } from '../../components/Button.js';
import { Dialog } from '../../components/Dialog.js';
import { FieldError } from '../../components/Field.js';
import type { Chat } from '../../model/chat.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText } from '../words.js';
import { useDialog } from './use-dialog.js';

/** Says what goes and what stays before one message is deleted for oneself. */
export const DeleteMessageDialog = ({ chat }: { readonly chat: Chat }) => {
  const { core } = useApp();
  const text = useText();
  const { frame, submission } = useDialog();
  const failure = useFailureText(submission.failure.value);
  const messageId = chat.chosen.value;
  if (messageId === undefined) return null;

  const remove = async (): Promise<void> => {
    const messageIds = [messageId];
    const done = await submission.run(() => core.call('deleteMessages', { chatId: chat.chatId, messageIds }));
    if (done === undefined) return;
    frame.onClose();
    chat.remove(messageIds);
  };

  return (
    <Dialog title={text('message.delete.title')} {...frame}>
      <p>{text('message.delete.text', { name: chat.view.value?.username ?? '' })}</p>
      {failure !== undefined && <FieldError text={failure} />}
      <div class="form-actions">
        <Button autoFocus onClick={frame.onClose}>
          {text('action.cancel')}
        </Button>
        <Button kind="danger" busy={submission.busy.value} onClick={() => void remove()}>
          {submission.busy.value ? text('state.working') : text('message.delete')}
        </Button>
      </div>
    </Dialog>
  );
};
