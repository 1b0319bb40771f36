import type { PasswordProof } from '@sotto/client/bridge';
import { useMemo } from 'preact/hooks';
import { Dialog } from '../../components/Dialog.js';
import { Form } from '../../components/Form.js';
import type { DialogName } from '../../model/app.js';
import { createProof, proofOf } from '../../model/proof.js';
import { useText } from '../app-context.js';
import { ProofFields } from '../ProofFields.js';
import { useDialog } from './use-dialog.js';

interface PasswordDialogProps {
  readonly title: string;
  readonly text: string;
  readonly submitLabel: string;
  readonly danger?: boolean;
  readonly from?: DialogName;
  readonly onProof: (proof: PasswordProof) => Promise<unknown>;
  readonly onDone: () => void;
}

/** Something that only the password allows, and what it means. */
export const PasswordDialog = ({ from, danger = false, ...props }: PasswordDialogProps) => {
  const text = useText();
  const { frame, submission } = useDialog(from);
  const proof = useMemo(createProof, []);
  const submit = async (): Promise<void> => {
    const done = await submission.run(() => props.onProof(proofOf(proof)).then(() => true));
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
        incomplete={proof.password.value === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <ProofFields label={text('offer.password')} proof={proof} failure={submission.failure.value} autoFocus />
      </Form>
    </Dialog>
  );
};
