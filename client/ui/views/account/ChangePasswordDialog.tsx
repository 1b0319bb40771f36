import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Dialog } from '../../components/Dialog.js';
import { PasswordField } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { createProof, proofOf } from '../../model/proof.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { ProofFields } from '../ProofFields.js';
import { useFailureText, usePasswordWords } from '../words.js';
import { isOf, NEW_PASSWORD } from './fields-in-error.js';

export const ChangePasswordDialog = () => {
  const { core, dialog, toasts } = useApp();
  const text = useText();
  const { frame, submission } = useDialog('account');
  const newPassword = useSignal('');
  const proof = useMemo(createProof, []);
  const failure = submission.failure.value;
  const words = useFailureText(failure);
  const isOfNew = isOf(failure, NEW_PASSWORD);

  const submit = async (): Promise<void> => {
    const done = await submission.run(() =>
      core.call('changePassword', { ...proofOf(proof), newPassword: newPassword.value }),
    );
    if (done === undefined) return;
    dialog.value = 'account';
    toasts.show('password.changed');
  };

  return (
    <Dialog title={text('password.change.title')} {...frame}>
      <p>{text('password.change.text')}</p>
      <Form
        inDialog
        submitLabel={text('account.password.change')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={proof.password.value === '' || newPassword.value === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <ProofFields label={text('password.current')} proof={proof} failure={isOfNew ? undefined : failure} autoFocus />
        <PasswordField
          label={text('password.new')}
          words={usePasswordWords()}
          value={newPassword.value}
          onInput={(value) => (newPassword.value = value)}
          hint={text('firstRun.password.hint')}
          error={isOfNew ? words : undefined}
          autoComplete="new-password"
          required
        />
      </Form>
    </Dialog>
  );
};
