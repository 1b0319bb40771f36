import { IconButton } from '../../components/Button.js';
import type { FirstRunStep } from '../../model/first-run.js';
import { useApp, useText } from '../app-context.js';
import { CreateAccount } from './CreateAccount.js';
import { KeysElsewhere } from './KeysElsewhere.js';
import { ServerAddress } from './ServerAddress.js';
import { SignIn } from './SignIn.js';
import { Welcome } from './Welcome.js';
import { SettingsDialog } from '../dialogs/SettingsDialog.js';

const stepView = (step: FirstRunStep) => {
  switch (step) {
    case 'welcome':
      return <Welcome />;
    case 'server':
      return <ServerAddress />;
    case 'create':
      return <CreateAccount />;
    case 'signIn':
      return <SignIn />;
    case 'noKeys':
      return <KeysElsewhere />;
  }
};

export const FirstRun = () => {
  const { firstRun, dialog } = useApp();
  const text = useText();
  const step = firstRun.step.value;
  return (
    <main class="entrance scroller">
      <div class="entrance-corner">
        <IconButton icon="settings" label={text('chats.settings')} onClick={() => (dialog.value = 'settings')} />
      </div>
      <div class="entrance-card" key={step}>
        {step !== 'welcome' && (
          <div class="entrance-back">
            <IconButton icon="back" label={text('action.back')} onClick={firstRun.back} />
          </div>
        )}
        {stepView(step)}
      </div>
      {dialog.value === 'settings' && <SettingsDialog />}
    </main>
  );
};
