import { useApp, useText } from '../app-context.js';
import { PasswordDialog } from '../dialogs/PasswordDialog.js';

/** Objects to the recovery that ends first. */
export const VetoDialog = () => {
  const { core, recovery, toasts } = useApp();
  const text = useText();
  const pending = recovery.pending.value.find(({ canVeto }) => canVeto);
  if (pending === undefined) return null;
  return (
    <PasswordDialog
      title={text('pending.veto.title')}
      text={text('pending.veto.text')}
      submitLabel={text('pending.veto')}
      danger
      onProof={({ password }) => core.call('vetoRecovery', { id: pending.id, password })}
      onDone={() => {
        toasts.show('pending.vetoed');
        void recovery.refresh();
      }}
    />
  );
};
