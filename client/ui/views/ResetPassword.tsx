import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Button } from '../components/Button.js';
import { Field, PasswordField } from '../components/Field.js';
import { Form } from '../components/Form.js';
import { createSubmission } from '../model/submission.js';
import { isOf, NEW_PASSWORD } from './account/fields-in-error.js';
import { useApp, useText } from './app-context.js';
import { MailCodeField } from './MailCodeField.js';
import { useFailureText, usePasswordWords } from './words.js';

interface ResetPasswordProps {
  readonly address: string;
  /** Typed already, or known. */
  readonly identifier: string;
  readonly inDialog?: boolean;
  readonly onDone: () => void;
}

/** A code to the confirmed address, and with it a new password. It opens the account on the server, and no chats. */
export const ResetPassword = ({ address, identifier: known, inDialog = false, onDone }: ResetPasswordProps) => {
  const { core } = useApp();
  const text = useText();
  const submission = useMemo(createSubmission, []);
  const identifier = useSignal(known);
  const wasSent = useSignal(false);
  const code = useSignal('');
  const newPassword = useSignal('');
  const failure = submission.failure.value;
  const words = useFailureText(failure);
  const passwordWords = usePasswordWords();
  const isOfPassword = isOf(failure, NEW_PASSWORD);

  const send = async (): Promise<void> => {
    const name = identifier.value.trim();
    const sent = await submission.run(() => core.call('requestPasswordReset', { address, identifier: name }));
    if (sent !== undefined) wasSent.value = true;
  };
  const reset = async (): Promise<void> => {
    const done = await submission.run(() =>
      core.call('resetPassword', {
        address,
        identifier: identifier.value.trim(),
        code: code.value,
        newPassword: newPassword.value,
      }),
    );
    if (done !== undefined) onDone();
  };
  const again = (): void => {
    submission.forget();
    code.value = '';
    wasSent.value = false;
  };
  const shared = { inDialog, busyLabel: text('state.working'), busy: submission.busy.value };

  if (!wasSent.value)
    return (
      <Form
        key="send"
        {...shared}
        submitLabel={text('reset.send')}
        incomplete={identifier.value.trim() === '' ? text('form.incomplete') : undefined}
        onSubmit={send}
      >
        <p class="muted">{text('reset.text')}</p>
        <Field
          label={text('firstRun.identifier.label')}
          value={identifier.value}
          onInput={(value) => (identifier.value = value)}
          error={words}
          autoComplete="username"
          autoFocus
          required
        />
      </Form>
    );
  return (
    <>
      <Form
        key="reset"
        {...shared}
        submitLabel={text('reset.submit')}
        incomplete={code.value.trim() === '' || newPassword.value === '' ? text('form.incomplete') : undefined}
        onSubmit={reset}
      >
        <p class="muted" role="status">
          {text('reset.code.text')}
        </p>
        <MailCodeField code={code} failure={isOfPassword ? undefined : failure} />
        <PasswordField
          label={text('password.new')}
          words={passwordWords}
          value={newPassword.value}
          onInput={(value) => (newPassword.value = value)}
          hint={text('firstRun.password.hint')}
          error={isOfPassword ? words : undefined}
          autoComplete="new-password"
          required
        />
      </Form>
      <div class={inDialog ? 'form-actions' : undefined}>
        <Button kind="quiet" size={inDialog ? 'usual' : 'wide'} onClick={again}>
          {text('reset.again')}
        </Button>
      </div>
    </>
  );
};
