import type { Failure } from '../../i18n/failure-text.js';
import { Field } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText } from '../words.js';
import { StepHead } from './StepHead.js';

const hostOf = (address: string): string => {
  try {
    return new URL(address).host;
  } catch {
    return address;
  }
};

const isAway = (failure: Failure | undefined): boolean =>
  failure !== undefined && failure !== 'detached' && failure.code === 'serverAway';

export const ServerAddress = () => {
  const { firstRun } = useApp();
  const text = useText();
  const { address, submission } = firstRun;
  const failure = submission.failure.value;
  const words = useFailureText(failure);

  return (
    <>
      <StepHead title={text('firstRun.server.title')} text={text('firstRun.server.text')} />
      <Form
        submitLabel={text('action.continue')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={address.value.trim() === '' ? text('form.incomplete') : undefined}
        onSubmit={firstRun.submitServer}
      >
        <Field
          label={text('firstRun.server.label')}
          inputMode="url"
          value={address.value}
          onInput={(value) => (address.value = value)}
          hint={text('firstRun.server.hint')}
          error={isAway(failure) ? text('firstRun.server.away', { host: hostOf(address.value) }) : words}
          autoComplete="url"
          autoFocus
          required
        />
      </Form>
    </>
  );
};
