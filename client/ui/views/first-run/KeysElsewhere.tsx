import { Button } from '../../components/Button.js';
import { useApp, useText } from '../app-context.js';
import { StepHead } from './StepHead.js';

/** Says why a right password does not open the chats here. */
export const KeysElsewhere = () => {
  const { firstRun } = useApp();
  const text = useText();
  return (
    <>
      <StepHead
        title={text('firstRun.noKeys.title')}
        text={text('firstRun.noKeys.text', { username: `@${firstRun.keysElsewhere.value ?? ''}` })}
        focused
      />
      <div class="entrance-actions">
        <Button size="wide" kind="primary" onClick={() => firstRun.show('join')}>
          {text('firstRun.linkDevice')}
        </Button>
        <Button size="wide" onClick={() => firstRun.begin('recover')}>
          {text('firstRun.recover')}
        </Button>
        <Button size="wide" onClick={() => firstRun.begin('create')}>
          {text('firstRun.noKeys.other')}
        </Button>
      </div>
    </>
  );
};
