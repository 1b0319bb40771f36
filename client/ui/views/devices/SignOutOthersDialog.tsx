import { useApp, useText } from '../app-context.js';
import { PasswordDialog } from '../dialogs/PasswordDialog.js';

export const SignOutOthersDialog = () => {
  const { core, toasts } = useApp();
  const text = useText();
  return (
    <PasswordDialog
      title={text('signOutOthers.title')}
      text={text('signOutOthers.text')}
      submitLabel={text('devices.signOutOthers')}
      danger
      from="devices"
      onProof={(proof) => core.call('signOutOthers', proof)}
      onDone={() => toasts.show('signOutOthers.done')}
    />
  );
};
