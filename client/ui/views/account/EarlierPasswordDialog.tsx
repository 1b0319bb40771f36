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
import { isOf } from './fields-in-error.js';

/** After a reset by mail: the password before opens this device's keys for the last time. */
export const EarlierPasswordDialog = () => {
  const { core, dialog, toasts } = useApp();
  const text = useText();
  const { frame, submission } = useDialog('account');
  const earlier = useSignal('');
  const proof = useMemo(createProof, []);
  const failure = submission.failure.value;
  const words = useFailureText(failure);
  const isOfEarlier = isOf(failure, ['wrongEarlierPassword']);

  const submit = async (): Promise<void> => {
    const done = await submission.run(() =>
      core.call('openWithEarlierPassword', { ...proofOf(proof), earlierPassword: earlier.value }),
    );
    if (done === undefined) return;
    dialog.value = 'account';
    toasts.show('password.earlier.done');
  };

  return (
    <Dialog title={text('password.earlier.title')} {...frame}>
      <p>{text('password.earlier.text')}</p>
      <Form
        inDialog
        submitLabel={text('password.earlier.submit')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={proof.password.value === '' || earlier.value === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <PasswordField
          label={text('password.earlier.label')}
          words={usePasswordWords()}
          value={earlier.value}
          onInput={(value) => (earlier.value = value)}
          error={isOfEarlier ? words : undefined}
          autoComplete="off"
          autoFocus
          required
        />
        <ProofFields label={text('password.current')} proof={proof} failure={isOfEarlier ? undefined : failure} />
      </Form>
    </Dialog>
  );
};
