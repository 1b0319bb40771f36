import { Dialog } from '../../components/Dialog.js';
import { useApp, useText } from '../app-context.js';
import { ResetPassword } from '../ResetPassword.js';
import { useDialog } from './use-dialog.js';

/** For a device that is signed out and whose person has forgotten the password. */
export const ResetPasswordDialog = () => {
  const { dialog, state, toasts } = useApp();
  const text = useText();
  const { frame } = useDialog('signIn');
  const app = state.app.value;
  if (app?.phase !== 'ready') return null;
  const done = (): void => {
    dialog.value = 'signIn';
    toasts.show('reset.done');
  };
  return (
    <Dialog title={text('reset.title')} {...frame}>
      <ResetPassword address={app.account.server} identifier={app.account.username} inDialog onDone={done} />
    </Dialog>
  );
};
