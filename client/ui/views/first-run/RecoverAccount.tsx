import { useSignal } from '@preact/signals';
import type { BridgeErrorCode } from '@sotto/client/bridge';
import { useMemo } from 'preact/hooks';
import { Field, FieldError, PasswordField } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { createSubmission } from '../../model/submission.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText, usePasswordWords } from '../words.js';
import { DeviceNameField } from './JoinDevice.js';
import { ServerCard } from './ServerCard.js';
import { StepHead } from './StepHead.js';

type FieldName = 'key' | 'newPassword' | 'known' | 'form';

const FIELD_OF: Partial<Record<BridgeErrorCode, FieldName>> = {
  recoveryKeyUnreadable: 'key',
  recoveryKeyMistyped: 'key',
  recoveryKeyUnknown: 'key',
  passwordTooShort: 'newPassword',
  passwordTooWeak: 'newPassword',
  wrongCredentials: 'known',
};

/** The account by the paper alone, for somebody who has no device of it any more. */
export const RecoverAccount = () => {
  const { firstRun, core, recovery } = useApp();
  const text = useText();
  const words = usePasswordWords();
  const submission = useMemo(createSubmission, []);
  const key = useSignal('');
  const newPassword = useSignal('');
  const known = useSignal('');
  const { deviceName, server } = firstRun;
  const failure = submission.failure.value;
  const failureWords = useFailureText(failure);
  const wrong = failure === undefined || failure === 'detached' ? 'form' : (FIELD_OF[failure.code] ?? 'form');
  const errorOf = (field: FieldName): string | undefined => (wrong === field ? failureWords : undefined);
  const isComplete = [key, newPassword, deviceName].every(({ value }) => value.trim() !== '');

  const submit = async (): Promise<void> => {
    const address = server.peek()?.address;
    if (address === undefined) return;
    const view = await submission.run(() =>
      core.call('recover', {
        address,
        key: key.value,
        newPassword: newPassword.value,
        deviceName: deviceName.value.trim(),
        ...(known.value === '' ? {} : { knownPassword: known.value }),
      }),
    );
    if (view === undefined) return;
    for (const secret of [key, newPassword, known]) secret.value = '';
    recovery.adoptOwn(view);
  };

  return (
    <>
      <StepHead title={text('recover.title')} text={text('recover.text')} />
      <ServerCard />
      <Form
        submitLabel={text('recover.submit')}
        busyLabel={text('recover.working')}
        busy={submission.busy.value}
        incomplete={isComplete ? undefined : text('form.incomplete')}
        onSubmit={submit}
      >
        <Field
          label={text('recover.key')}
          inputMode="text"
          maxLength={512}
          value={key.value}
          onInput={(value) => (key.value = value)}
          hint={text('recover.key.hint')}
          error={errorOf('key')}
          autoFocus
          required
        />
        <PasswordField
          label={text('recover.newPassword')}
          words={words}
          value={newPassword.value}
          onInput={(value) => (newPassword.value = value)}
          hint={text('firstRun.password.hint')}
          error={errorOf('newPassword')}
          autoComplete="new-password"
          required
        />
        <PasswordField
          label={text('recover.known')}
          words={words}
          value={known.value}
          onInput={(value) => (known.value = value)}
          hint={text('recover.known.hint')}
          error={errorOf('known')}
          autoComplete="current-password"
        />
        <DeviceNameField />
        {wrong === 'form' && failureWords !== undefined && <FieldError text={failureWords} />}
      </Form>
    </>
  );
};
