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
      onPassword={(password) => core.call('signOutOthers', { password })}
      onDone={() => toasts.show('signOutOthers.done')}
    />
  );
};
