import { useSignal } from '@preact/signals';
import type { NewSecondFactorView } from '@sotto/client/bridge';
import { useMemo } from 'preact/hooks';
import { Dialog } from '../../components/Dialog.js';
import { Field } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { QrCode } from '../../components/QrCode.js';
import { createProof, proofOf } from '../../model/proof.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { ProofFields } from '../ProofFields.js';
import { useFailureText } from '../words.js';

/** The password, the authenticator, one code of it, and then the backup codes. */
export const SecondFactorDialog = () => {
  const { core } = useApp();
  const text = useText();
  const { frame, submission } = useDialog('account');
  const proof = useMemo(createProof, []);
  const proposed = useSignal<NewSecondFactorView | undefined>(undefined);
  const propose = async (): Promise<void> => {
    const made = await submission.run(() => core.call('proposeSecondFactor', proofOf(proof)));
    if (made === undefined) return;
    proof.password.value = '';
    proposed.value = made;
  };
  return (
    <Dialog title={text('factor.title')} {...frame}>
      {proposed.value === undefined ? (
        <Form
          inDialog
          submitLabel={text('factor.begin')}
          busyLabel={text('state.working')}
          busy={submission.busy.value}
          incomplete={proof.password.value === '' ? text('form.incomplete') : undefined}
          onSubmit={propose}
        >
          <p>{text('factor.text')}</p>
          <ProofFields label={text('offer.password')} proof={proof} failure={submission.failure.value} autoFocus />
        </Form>
      ) : (
        <ConfirmFactor key="confirm" proposed={proposed.value} />
      )}
    </Dialog>
  );
};

const ConfirmFactor = ({ proposed }: { readonly proposed: NewSecondFactorView }) => {
  const { accountPage, core, dialog } = useApp();
  const text = useText();
  const { submission } = useDialog();
  const code = useSignal('');
  const failure = useFailureText(submission.failure.value);
  const confirm = async (): Promise<void> => {
    const codes = await submission.run(() => core.call('confirmSecondFactor', { code: code.value }));
    if (codes === undefined) return;
    accountPage.showCodes(codes);
    dialog.value = 'backupCodes';
  };
  return (
    <Form
      inDialog
      submitLabel={text('factor.confirm')}
      busyLabel={text('state.working')}
      busy={submission.busy.value}
      incomplete={code.value.trim() === '' ? text('form.incomplete') : undefined}
      onSubmit={confirm}
    >
      <p>{text('factor.scan')}</p>
      <QrCode code={proposed.uri} label={text('factor.qr')} />
      <div class="dialog-section">
        <h3 class="field-label">{text('factor.secret')}</h3>
        <p class="dialog-value secret-text" dir="ltr">
          {proposed.secret}
        </p>
      </div>
      <Field
        label={text('factor.code')}
        inputMode="numeric"
        maxLength={12}
        value={code.value}
        onInput={(value) => (code.value = value)}
        error={failure}
        autoComplete="one-time-code"
        autoFocus
        required
      />
    </Form>
  );
};
