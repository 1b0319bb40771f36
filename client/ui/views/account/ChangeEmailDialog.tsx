import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Dialog } from '../../components/Dialog.js';
import { Field } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { createProof, proofOf } from '../../model/proof.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { ProofFields } from '../ProofFields.js';
import { useFailureText } from '../words.js';
import { isOf } from './fields-in-error.js';

/** Another address, or none. Where the host sends mail, the code comes next. */
export const ChangeEmailDialog = () => {
  const { accountPage, core, dialog, toasts } = useApp();
  const text = useText();
  const { frame, submission } = useDialog('account');
  const email = useSignal('');
  const proof = useMemo(createProof, []);
  const failure = submission.failure.value;
  const words = useFailureText(failure);
  const isOfEmail = isOf(failure, ['emailInvalid', 'emailTaken']);
  const hadOne = accountPage.view.value?.email !== undefined;

  const submit = async (): Promise<void> => {
    const typed = email.value.trim();
    const changed = await submission.run(() =>
      core.call('changeEmail', { ...proofOf(proof), ...(typed === '' ? {} : { email: typed }) }),
    );
    if (changed === undefined) return;
    accountPage.adopt(changed.page);
    dialog.value = changed.confirmationSent ? 'confirmEmail' : 'account';
    if (!changed.confirmationSent) toasts.show(typed === '' ? 'account.email.removed' : 'account.email.changed');
  };

  const complete = proof.password.value !== '' && (hadOne || email.value.trim() !== '');
  return (
    <Dialog title={text('email.title')} {...frame}>
      <p>{text('email.text')}</p>
      <Form
        inDialog
        submitLabel={text('email.submit')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={complete ? undefined : text('form.incomplete')}
        onSubmit={submit}
      >
        <Field
          label={text('email.label')}
          inputMode="email"
          maxLength={254}
          value={email.value}
          onInput={(value) => (email.value = value)}
          hint={hadOne ? text('email.hint') : undefined}
          error={isOfEmail ? words : undefined}
          autoComplete="email"
          autoFocus
        />
        <ProofFields label={text('offer.password')} proof={proof} failure={isOfEmail ? undefined : failure} />
      </Form>
    </Dialog>
  );
};
