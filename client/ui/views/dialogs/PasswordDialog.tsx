import { useSignal } from '@preact/signals';
import { Dialog } from '../../components/Dialog.js';
import { PasswordField } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import type { DialogName } from '../../model/app.js';
import { useText } from '../app-context.js';
import { useFailureText, usePasswordWords } from '../words.js';
import { useDialog } from './use-dialog.js';

interface PasswordDialogProps {
  readonly title: string;
  readonly text: string;
  readonly submitLabel: string;
  readonly danger?: boolean;
  readonly from?: DialogName;
  readonly onPassword: (password: string) => Promise<unknown>;
  readonly onDone: () => void;
}

/** Something that only the password allows, and what it means. */
export const PasswordDialog = ({ from, danger = false, ...props }: PasswordDialogProps) => {
  const text = useText();
  const { frame, submission } = useDialog(from);
  const password = useSignal('');
  const failure = useFailureText(submission.failure.value);
  const submit = async (): Promise<void> => {
    const done = await submission.run(() => props.onPassword(password.value).then(() => true));
    if (done === undefined) return;
    frame.onClose();
    props.onDone();
  };
  return (
    <Dialog title={props.title} {...frame}>
      <p>{props.text}</p>
      <Form
        inDialog
        danger={danger}
        submitLabel={props.submitLabel}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={password.value === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <PasswordField
          label={text('offer.password')}
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
