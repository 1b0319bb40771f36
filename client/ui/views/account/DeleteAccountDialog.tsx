import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Dialog } from '../../components/Dialog.js';
import { Form } from '../../components/Form.js';
import { createProof, proofOf } from '../../model/proof.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { ProofFields } from '../ProofFields.js';
import { UsernameField } from './UsernameField.js';

/** The end of the account. Its name and its password stand between a slip and it. */
export const DeleteAccountDialog = () => {
  const { core, state } = useApp();
  const text = useText();
  const { frame, submission } = useDialog('account');
  const username = useSignal('');
  const proof = useMemo(createProof, []);
  const app = state.app.value;
  if (app?.phase !== 'ready') return null;
  const isNamed = username.value.trim().replace(/^@/, '').toLowerCase() === app.account.username.toLowerCase();
  const submit = async (): Promise<void> => {
    const next = await submission.run(() => core.call('deleteAccount', proofOf(proof)));
    if (next !== undefined) state.adoptApp(next);
  };
  return (
    <Dialog title={text('account.delete.title')} {...frame}>
      <p>{text('account.delete.warning')}</p>
      <Form
        inDialog
        danger
        submitLabel={text('account.delete.submit')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={isNamed && proof.password.value !== '' ? undefined : text('form.incomplete')}
        onSubmit={submit}
      >
        <UsernameField username={username} autoFocus />
        <ProofFields label={text('offer.password')} proof={proof} failure={submission.failure.value} />
      </Form>
    </Dialog>
  );
};
