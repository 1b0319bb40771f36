import { useMemo } from 'preact/hooks';
import { Button } from '../../components/Button.js';
import { Dialog } from '../../components/Dialog.js';
import { Form } from '../../components/Form.js';
import { createProof, proofOf } from '../../model/proof.js';
import { useApp, useText } from '../app-context.js';
import { ProofFields } from '../ProofFields.js';
import { useDialog } from './use-dialog.js';

/** The tokens of this device ended; its keys and chats are here all the time. */
export const SignInDialog = () => {
  const { core, dialog, state } = useApp();
  const text = useText();
  const { frame, submission } = useDialog();
  const proof = useMemo(createProof, []);

  const submit = async (): Promise<void> => {
    const app = await submission.run(() => core.call('signIn', proofOf(proof)));
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
        incomplete={proof.password.value === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <ProofFields
          label={text('firstRun.password.label')}
          proof={proof}
          failure={submission.failure.value}
          autoFocus
        />
      </Form>
      <div class="form-actions">
        <Button kind="quiet" onClick={() => (dialog.value = 'resetPassword')}>
          {text('reset.forgot')}
        </Button>
      </div>
    </Dialog>
  );
};
