import { Button } from '../../components/Button.js';
import { Field, FieldError } from '../../components/Field.js';
import { Icon } from '../../components/Icon.js';
import { useApp, useText } from '../app-context.js';
import { CodeInput } from '../codes/CodeInput.js';
import { useFailureText } from '../words.js';
import { NextWays } from './NextWays.js';
import { StepHead } from './StepHead.js';

export const DeviceNameField = () => {
  const { firstRun } = useApp();
  const text = useText();
  const { deviceName } = firstRun;
  return (
    <Field
      label={text('join.name')}
      maxLength={64}
      value={deviceName.value}
      onInput={(value) => (deviceName.value = value)}
      hint={text('join.name.hint')}
      error={deviceName.value.trim() === '' ? text('form.incomplete') : undefined}
      required
    />
  );
};

/** “This is a new device”: every way in which the code of another device can come here. */
export const JoinDevice = () => {
  const { firstRun, linking } = useApp();
  const text = useText();
  const { joining, askJoin } = linking;
  const failure = useFailureText(joining.failure.value);
  const join = (code: string): void =>
    void askJoin('joinByCode', { code, deviceName: firstRun.deviceName.value.trim() });
  return (
    <>
      <StepHead title={text('join.title')} text={text('join.text')} focused />
      <DeviceNameField />
      <CodeInput busy={joining.busy.value || firstRun.deviceName.value.trim() === ''} onCode={join} />
      {failure !== undefined && <FieldError text={failure} />}
      <div class="entrance-actions">
        <Button size="wide" onClick={() => firstRun.show('joinManual')}>
          <Icon name="keyboard" />
          {text('join.typeCode')}
        </Button>
        <Button size="wide" kind="quiet" onClick={() => firstRun.show('joinReverse')}>
          {text('join.showCode')}
        </Button>
      </div>
      <NextWays />
    </>
  );
};
