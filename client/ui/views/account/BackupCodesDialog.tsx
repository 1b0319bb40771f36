import { Dialog } from '../../components/Dialog.js';
import { useApp, useText } from '../app-context.js';
import { PasswordDialog } from '../dialogs/PasswordDialog.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { BackupCodes } from './BackupCodes.js';

/** Codes that were just made, or the question whether to make new ones. */
export const BackupCodesDialog = () => {
  const { accountPage, core, dialog } = useApp();
  const text = useText();
  const { frame } = useDialog();
  const codes = accountPage.newCodes.value;
  const putAway = (): void => {
    accountPage.putCodesAway();
    dialog.value = 'account';
  };
  if (codes !== undefined)
    return (
      <Dialog title={text('factor.codes.title')} {...frame} onClose={putAway}>
        <BackupCodes codes={codes} onDone={putAway} />
      </Dialog>
    );
  return (
    <PasswordDialog
      title={text('factor.renew.title')}
      text={text('factor.renew.text')}
      submitLabel={text('account.factor.renew')}
      from="account"
      onProof={async (proof) => accountPage.showCodes(await core.call('renewBackupCodes', proof))}
      onDone={() => (dialog.value = 'backupCodes')}
    />
  );
};
