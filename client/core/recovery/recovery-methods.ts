import { BridgeError } from '@sotto/client/bridge';
import type { CoreContext, CoreMethods } from '../core-context.js';

/** The recovery kit, getting an account back with it, and the backup file, as an interface calls them. */
export const recoveryMethods = (core: CoreContext) => {
  const care = () => core.running().care;
  const backups = () => core.running().backups;
  const recovery = () => core.profile().recovery;
  return {
    recoveryKit: () => care().kit.view(),
    showRecoveryKey: ({ password }) => care().kit.show(password),
    confirmRecoveryKit: ({ password, groups }) => care().kit.confirm(password, groups),
    recover: (input) => {
      if (core.profile().running !== undefined) throw new BridgeError('accountExists');
      if (core.profile().joining.isUnderWay) throw new BridgeError('notNow');
      return recovery().recover(input);
    },
    recovery: () => recovery().view(),
    continueRecovery: () => recovery().continue(),
    closeRecovery: () => recovery().close(),
    pendingRecoveries: async () => [...(await care().guard.pending())],
    vetoRecovery: async ({ id, password }) => {
      await care().guard.veto(id, password);
      return {};
    },
    replaceRecoveryKey: ({ password, oldKey }) => care().newRoot.replace(password, oldKey),
    startBackup: ({ passphrase }) => backups().start(passphrase),
    readBackup: ({ transfer, offset }) => backups().read(transfer, offset),
    startRestore: () => backups().startRestore(),
    writeRestore: ({ transfer, offset, bytes }) => {
      backups().write(transfer, offset, bytes);
      return {};
    },
    finishRestore: ({ transfer, secret }) => backups().finish(transfer, secret),
    closeTransfer: ({ transfer }) => {
      backups().close(transfer);
      return {};
    },
  } satisfies Partial<CoreMethods>;
};
