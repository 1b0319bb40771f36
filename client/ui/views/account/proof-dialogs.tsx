import { useApp, useText } from '../app-context.js';
import { PasswordDialog } from '../dialogs/PasswordDialog.js';

export const SecondFactorOffDialog = () => {
  const { accountPage, core, dialog, toasts } = useApp();
  const text = useText();
  return (
    <PasswordDialog
      title={text('factor.remove.title')}
      text={text('factor.remove.text')}
      submitLabel={text('account.factor.remove')}
      danger
      from="account"
      onProof={async (proof) => accountPage.adopt(await core.call('removeSecondFactor', proof))}
      onDone={() => {
        dialog.value = 'account';
        toasts.show('factor.removed');
      }}
    />
  );
};

export const UnlockLinkingDialog = () => {
  const { accountPage, core, dialog, toasts } = useApp();
  const text = useText();
  return (
    <PasswordDialog
      title={text('account.lock.title')}
      text={text('account.lock.text')}
      submitLabel={text('account.lock.lift')}
      from="account"
      onProof={async (proof) => accountPage.adopt(await core.call('unlockLinking', proof))}
      onDone={() => {
        dialog.value = 'account';
        toasts.show('account.lock.lifted');
      }}
    />
  );
};

export const ExportAccountDialog = () => {
  const { core, dialog, saveFile, toasts } = useApp();
  const text = useText();
  return (
    <PasswordDialog
      title={text('account.export.title')}
      text={text('account.export.text')}
      submitLabel={text('account.export.open')}
      from="account"
      onProof={async (proof) => {
        const exported = await core.call('exportAccount', proof);
        saveFile(exported.fileName, new Blob([exported.text], { type: 'application/json' }));
      }}
      onDone={() => {
        dialog.value = 'account';
        toasts.show('account.export.done');
      }}
    />
  );
};
