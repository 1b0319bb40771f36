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
      <Button size="wide" onClick={() => firstRun.begin('create')}>
        {text('firstRun.noKeys.other')}
      </Button>
    </>
  );
};
