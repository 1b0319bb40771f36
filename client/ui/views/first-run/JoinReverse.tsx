import { Field, FieldError } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText } from '../words.js';
import { DeviceNameField } from './JoinDevice.js';
import { NextWays } from './NextWays.js';
import { StepHead } from './StepHead.js';

/** The other direction, for a device without a camera: this one shows, the authorised one scans. */
export const JoinReverse = () => {
  const { firstRun, linking } = useApp();
  const text = useText();
  const { address, deviceName } = firstRun;
  const failure = useFailureText(linking.joining.failure.value);
  const isComplete = address.value.trim() !== '' && deviceName.value.trim() !== '';
  const submit = (): Promise<void> =>
    linking.askJoin('showJoinCode', { address: address.value.trim(), deviceName: deviceName.value.trim() });
  return (
    <>
      <StepHead title={text('join.reverse.title')} text={text('join.reverse.text')} />
      <Form
        submitLabel={text('offer.start')}
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
          autoFocus
          required
        />
        <DeviceNameField />
        {failure !== undefined && <FieldError text={failure} />}
      </Form>
      <NextWays withCode />
    </>
  );
};
