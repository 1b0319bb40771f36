import { useSignal } from '@preact/signals';
import { Dialog } from '../../components/Dialog.js';
import { PasswordField } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText, usePasswordWords } from '../words.js';
import { useDialog } from './use-dialog.js';

export const PassphraseDialog = () => {
  const { setPassphrase, toasts } = useApp();
  const text = useText();
  const words = usePasswordWords();
  const { frame, submission } = useDialog();
  const current = useSignal('');
  const next = useSignal('');
  const repeated = useSignal('');
  const differ = useSignal(false);
  const failure = useFailureText(submission.failure.value);

  const submit = async (): Promise<void> => {
    differ.value = next.value !== repeated.value;
    if (differ.value) return;
    const params = { next: next.value, ...(current.value === '' ? {} : { current: current.value }) };
    const done = await submission.run(() => setPassphrase(params).then(() => true));
    if (done === undefined) return;
    frame.onClose();
    toasts.show('passphrase.saved');
  };

  return (
    <Dialog title={text('passphrase.title')} {...frame}>
      <p>{text('passphrase.text')}</p>
      <Form
        inDialog
        submitLabel={text('settings.appLock.set')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={next.value === '' || repeated.value === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <PasswordField
          label={text('passphrase.current')}
          words={words}
          value={current.value}
          onInput={(value) => (current.value = value)}
          hint={text('passphrase.current.hint')}
          error={failure}
          autoFocus
        />
        <PasswordField
          label={text('passphrase.next')}
          words={words}
          value={next.value}
          onInput={(value) => (next.value = value)}
          required
        />
        <PasswordField
          label={text('passphrase.repeat')}
          words={words}
          value={repeated.value}
          onInput={(value) => (repeated.value = value)}
          error={differ.value ? text('passphrase.differ') : undefined}
          required
        />
      </Form>
    </Dialog>
  );
};
