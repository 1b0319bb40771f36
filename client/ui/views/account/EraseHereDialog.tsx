import { useSignal } from '@preact/signals';
import { Dialog } from '../../components/Dialog.js';
import { Form } from '../../components/Form.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { useFailureText } from '../words.js';
import { UsernameField } from './UsernameField.js';

/** Everything here goes; the account stays. Typing its name stands between a slip and the end of all chats. */
export const EraseHereDialog = () => {
  const { core, state } = useApp();
  const text = useText();
  const { frame, submission } = useDialog('account');
  const username = useSignal('');
  const failure = useFailureText(submission.failure.value);
  const submit = async (): Promise<void> => {
    const app = await submission.run(() => core.call('eraseProfile', { username: username.value }));
    if (app !== undefined) state.adoptApp(app);
  };
  return (
    <Dialog title={text('account.erase.title')} {...frame}>
      <p>{text('account.erase.warning')}</p>
      <Form
        inDialog
        danger
        submitLabel={text('account.erase.submit')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={username.value.trim() === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <UsernameField username={username} error={failure} autoFocus />
      </Form>
    </Dialog>
  );
};
