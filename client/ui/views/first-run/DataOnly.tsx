import { Button } from '../../components/Button.js';
import { useApp, useText } from '../app-context.js';
import { StepHead } from './StepHead.js';

/** Says why a backup file alone leads nowhere, and what does. */
export const DataOnly = () => {
  const { firstRun } = useApp();
  const text = useText();
  return (
    <>
      <StepHead title={text('dataOnly.title')} text={text('dataOnly.text')} focused />
      <div class="entrance-actions">
        <Button size="wide" onClick={() => firstRun.show('join')}>
          {text('firstRun.linkDevice')}
        </Button>
        <Button size="wide" onClick={() => firstRun.begin('recover')}>
          {text('firstRun.recover')}
        </Button>
      </div>
    </>
  );
};
