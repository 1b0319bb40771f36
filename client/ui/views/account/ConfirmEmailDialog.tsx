import { useSignal } from '@preact/signals';
import { Dialog } from '../../components/Dialog.js';
import { Form } from '../../components/Form.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { MailCodeField } from '../MailCodeField.js';

/** The code shows that mail to the new address is read. */
export const ConfirmEmailDialog = () => {
  const { accountPage, core, dialog, toasts } = useApp();
  const text = useText();
  const { frame, submission } = useDialog('account');
  const code = useSignal('');
  const submit = async (): Promise<void> => {
    const page = await submission.run(() => core.call('confirmEmail', { code: code.value }));
    if (page === undefined) return;
    accountPage.adopt(page);
    dialog.value = 'account';
    toasts.show('account.email.confirm.done');
  };
  return (
    <Dialog title={text('email.code.title')} {...frame}>
      <p>{text('email.code.text', { email: accountPage.view.value?.pendingEmail ?? '' })}</p>
      <Form
        inDialog
        submitLabel={text('email.code.submit')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={code.value.trim() === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <MailCodeField code={code} failure={submission.failure.value} />
      </Form>
    </Dialog>
  );
};
