import type { BridgeErrorCode } from '@sotto/client/bridge';
import { Field, FieldError, PasswordField } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import type { Failure } from '../../i18n/failure-text.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText, usePasswordWords } from '../words.js';
import { ServerCard } from './ServerCard.js';
import { StepHead } from './StepHead.js';

type FieldName = 'username' | 'password' | 'email' | 'inviteCode' | 'form';

const FIELD_OF: Partial<Record<BridgeErrorCode, FieldName>> = {
  usernameInvalid: 'username',
  usernameTaken: 'username',
  passwordTooShort: 'password',
  passwordTooWeak: 'password',
  emailInvalid: 'email',
  emailTaken: 'email',
  inviteRequired: 'inviteCode',
  inviteUnknown: 'inviteCode',
};

const fieldOf = (failure: Failure | undefined): FieldName =>
  failure === undefined || failure === 'detached' ? 'form' : (FIELD_OF[failure.code] ?? 'form');

export const CreateAccount = () => {
  const { firstRun } = useApp();
  const text = useText();
  const passwordWords = usePasswordWords();
  const { username, password, email, inviteCode, submission, server } = firstRun;
  const words = useFailureText(submission.failure.value);
  const wrong = fieldOf(submission.failure.value);
  const errorOf = (field: FieldName): string | undefined => (wrong === field ? words : undefined);

  const isByInvite = server.value?.registration === 'invite';
  const complete =
    username.value.trim() !== '' && password.value !== '' && (!isByInvite || inviteCode.value.trim() !== '');

  if (server.value?.registration === 'closed')
    return (
      <>
        <StepHead title={text('firstRun.create.title')} text={text('firstRun.server.closed')} focused />
        <ServerCard />
      </>
    );
  return (
    <>
      <StepHead title={text('firstRun.create.title')} />
      <ServerCard />
      <Form
        submitLabel={text('firstRun.create.submit')}
        busyLabel={text('firstRun.create.working')}
        busy={submission.busy.value}
        incomplete={complete ? undefined : text('form.incomplete')}
        onSubmit={firstRun.submitCreate}
      >
        {isByInvite && (
          <Field
            label={text('firstRun.invite.label')}
            inputMode="text"
            maxLength={32}
            value={inviteCode.value}
            onInput={(value) => (inviteCode.value = value)}
            hint={text('firstRun.invite.hint')}
            error={errorOf('inviteCode')}
            autoFocus
            required
          />
        )}
        <Field
          label={text('firstRun.username.label')}
          value={username.value}
          onInput={(value) => (username.value = value)}
          hint={text('firstRun.username.hint')}
          error={errorOf('username')}
          autoComplete="username"
          autoFocus={!isByInvite}
          required
        />
        <PasswordField
          label={text('firstRun.password.label')}
          words={passwordWords}
          value={password.value}
          onInput={(value) => (password.value = value)}
          hint={text('firstRun.password.hint')}
          error={errorOf('password')}
          autoComplete="new-password"
          required
        />
        <Field
          label={text('firstRun.email.label')}
          inputMode="email"
          value={email.value}
          onInput={(value) => (email.value = value)}
          hint={text('firstRun.email.hint')}
          error={errorOf('email')}
          autoComplete="email"
        />
        {words !== undefined && wrong === 'form' && <FieldError text={words} />}
      </Form>
    </>
  );
};
