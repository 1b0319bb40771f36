import { Button } from '../../components/Button.js';
import { Dialog } from '../../components/Dialog.js';
import { FieldError } from '../../components/Field.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText } from '../words.js';
import { useDialog } from './use-dialog.js';

export const SignOutDialog = () => {
  const { core, state } = useApp();
  const text = useText();
  const { frame, submission } = useDialog();
  const failure = useFailureText(submission.failure.value);

  const signOut = async (): Promise<void> => {
    const app = await submission.run(() => core.call('signOut', {}));
    if (app === undefined) return;
    state.adoptApp(app);
    frame.onClose();
  };

  return (
    <Dialog title={text('signOut.title')} {...frame}>
      <p>{text('signOut.text')}</p>
      {failure !== undefined && <FieldError text={failure} />}
      <div class="form-actions">
        <Button autoFocus onClick={frame.onClose}>
          {text('action.cancel')}
        </Button>
        <Button kind="danger" busy={submission.busy.value} onClick={() => void signOut()}>
          {submission.busy.value ? text('state.working') : text('action.signOut')}
        </Button>
      </div>
    </Dialog>
  );
};
