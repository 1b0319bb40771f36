import { DataOnly } from './DataOnly.js';
import { JoinDevice } from './JoinDevice.js';
import { JoinManual } from './JoinManual.js';
import { JoinProgress } from './JoinProgress.js';
import { JoinReverse } from './JoinReverse.js';
import { RecoverAccount } from './RecoverAccount.js';
import { RecoveryProgress } from './RecoveryProgress.js';
import { IconButton } from '../../components/Button.js';
import type { FirstRunStep } from '../../model/first-run.js';
import { useApp, useText } from '../app-context.js';
import { CreateAccount } from './CreateAccount.js';
import { ForgottenPassword } from './ForgottenPassword.js';
import { KeysElsewhere } from './KeysElsewhere.js';
import { ServerAddress } from './ServerAddress.js';
import { SignIn } from './SignIn.js';
import { ToastView } from '../ToastView.js';
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
    case 'forgotten':
      return <ForgottenPassword />;
    case 'noKeys':
      return <KeysElsewhere />;
    case 'join':
      return <JoinDevice />;
    case 'joinManual':
      return <JoinManual />;
    case 'joinReverse':
      return <JoinReverse />;
    case 'recover':
      return <RecoverAccount />;
    case 'dataOnly':
      return <DataOnly />;
  }
};

/** Links and recoveries outlive the window: one that is under way stands before every step. */
const Step = () => {
  const { firstRun, linking, recovery } = useApp();
  const join = linking.join.value;
  const recovering = recovery.own.value;
  if (join.state !== 'none') return <JoinProgress key={join.state} join={join} />;
  if (recovering.state !== 'none') return <RecoveryProgress key={recovering.state} view={recovering} />;
  return stepView(firstRun.step.value);
};

export const FirstRun = () => {
  const { firstRun, dialog, linking, recovery } = useApp();
  const text = useText();
  const step = firstRun.step.value;
  const isUnderWay = linking.join.value.state !== 'none' || recovery.own.value.state !== 'none';
  return (
    <main class="entrance scroller">
      <div class="entrance-corner">
        <IconButton icon="settings" label={text('chats.settings')} onClick={() => (dialog.value = 'settings')} />
      </div>
      <div class="entrance-card" key={step}>
        {step !== 'welcome' && !isUnderWay && (
          <div class="entrance-back">
            <IconButton icon="back" label={text('action.back')} onClick={firstRun.back} />
          </div>
        )}
        <Step />
      </div>
      {dialog.value === 'settings' && <SettingsDialog />}
      {dialog.value === undefined && <ToastView />}
    </main>
  );
};
