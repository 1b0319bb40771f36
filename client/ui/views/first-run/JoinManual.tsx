import { useSignal } from '@preact/signals';
import { Field } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText } from '../words.js';
import { DeviceNameField } from './JoinDevice.js';
import { NextWays } from './NextWays.js';
import { StepHead } from './StepHead.js';

/** A code to type has no address in it. */
export const JoinManual = () => {
  const { firstRun, linking } = useApp();
  const text = useText();
  const { address, deviceName } = firstRun;
  const code = useSignal('');
  const failure = useFailureText(linking.joining.failure.value);
  const isComplete = [address, deviceName, code].every(({ value }) => value.trim() !== '');
  const submit = (): Promise<void> =>
    linking.askJoin('joinByManualCode', {
      address: address.value.trim(),
      code: code.value,
      deviceName: deviceName.value.trim(),
    });
  return (
    <>
      <StepHead title={text('join.manual.title')} text={text('join.manual.text')} />
      <Form
        submitLabel={text('action.continue')}
        busyLabel={text('state.working')}
        busy={linking.joining.busy.value}
        incomplete={isComplete ? undefined : text('form.incomplete')}
        onSubmit={submit}
      >
        <Field
          label={text('firstRun.server.title')}
          inputMode="url"
          value={address.value}
          onInput={(value) => (address.value = value)}
          autoComplete="url"
          required
        />
        <Field
          label={text('join.manual.label')}
          inputMode="text"
          maxLength={64}
          value={code.value}
          onInput={(value) => (code.value = value)}
          error={failure}
          autoFocus
          required
        />
        <DeviceNameField />
      </Form>
      <NextWays />
    </>
  );
};
