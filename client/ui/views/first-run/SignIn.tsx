import { Button } from '../../components/Button.js';
import { Field } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { useApp, useText } from '../app-context.js';
import { ProofFields } from '../ProofFields.js';
import { ServerCard } from './ServerCard.js';
import { StepHead } from './StepHead.js';

export const SignIn = () => {
  const { firstRun } = useApp();
  const text = useText();
  const { identifier, password, secondFactor, server, submission } = firstRun;

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
        <ProofFields
          label={text('firstRun.password.label')}
          proof={{ password, secondFactor }}
          failure={submission.failure.value}
        />
      </Form>
      {server.value?.mail === true && (
        <Button size="wide" kind="quiet" onClick={() => firstRun.show('forgotten')}>
          {text('reset.forgot')}
        </Button>
      )}
    </>
  );
};
