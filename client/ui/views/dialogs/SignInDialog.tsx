import { useSignal } from '@preact/signals';
import { Dialog } from '../../components/Dialog.js';
import { PasswordField } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText, usePasswordWords } from '../words.js';
import { useDialog } from './use-dialog.js';

/** The tokens of this device ended; its keys and chats are here all the time. */
export const SignInDialog = () => {
  const { core, state } = useApp();
  const text = useText();
  const { frame, submission } = useDialog();
  const password = useSignal('');
  const failure = useFailureText(submission.failure.value);

  const submit = async (): Promise<void> => {
    const app = await submission.run(() => core.call('signIn', { password: password.value }));
    if (app === undefined) return;
    state.adoptApp(app);
    frame.onClose();
  };

  return (
    <Dialog title={text('signIn.title')} {...frame}>
      <p>{text('signIn.text')}</p>
      <Form
        inDialog
        submitLabel={text('action.signIn')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={password.value === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <PasswordField
          label={text('firstRun.password.label')}
          words={usePasswordWords()}
          value={password.value}
          onInput={(value) => (password.value = value)}
          error={failure}
          autoComplete="current-password"
          autoFocus
          required
        />
      </Form>
    </Dialog>
  );
};
