import { useSignal } from '@preact/signals';
import { Dialog } from '../../components/Dialog.js';
import { Field } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText } from '../words.js';
import { useDialog } from './use-dialog.js';

export const NewChatDialog = () => {
  const { core, chats, state } = useApp();
  const text = useText();
  const { frame, submission } = useDialog();
  const username = useSignal('');
  const failure = useFailureText(submission.failure.value);

  const submit = async (): Promise<void> => {
    // Many write names with the sign that stands before them elsewhere.
    const name = username.value.trim().replace(/^@/, '');
    const chat = await submission.run(() => core.call('startChat', { username: name }));
    if (chat === undefined) return;
    state.adoptChat(chat);
    frame.onClose();
    chats.show(chat.chatId);
  };

  return (
    <Dialog title={text('newChat.title')} {...frame}>
      <Form
        inDialog
        submitLabel={text('newChat.submit')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={username.value.trim() === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <Field
          label={text('newChat.label')}
          value={username.value}
          onInput={(value) => (username.value = value)}
          hint={text('newChat.hint')}
          error={failure}
          autoFocus
          required
        />
      </Form>
    </Dialog>
  );
};
