import { Field, PasswordField } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText, usePasswordWords } from '../words.js';
import { ServerCard } from './ServerCard.js';
import { StepHead } from './StepHead.js';

export const SignIn = () => {
  const { firstRun } = useApp();
  const text = useText();
  const passwordWords = usePasswordWords();
  const { identifier, password, submission } = firstRun;
  const words = useFailureText(submission.failure.value);

  const complete = identifier.value.trim() !== '' && password.value !== '';

  return (
    <>
      <StepHead title={text('firstRun.signIn.title')} />
      <ServerCard />
      <Form
        submitLabel={text('firstRun.signIn.submit')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={complete ? undefined : text('form.incomplete')}
        onSubmit={firstRun.submitSignIn}
      >
        <Field
          label={text('firstRun.identifier.label')}
          value={identifier.value}
          onInput={(value) => (identifier.value = value)}
          autoComplete="username"
          autoFocus
          required
        />
        <PasswordField
          label={text('firstRun.password.label')}
          words={passwordWords}
          value={password.value}
          onInput={(value) => (password.value = value)}
          error={words}
          autoComplete="current-password"
          required
        />
      </Form>
    </>
  );
};
