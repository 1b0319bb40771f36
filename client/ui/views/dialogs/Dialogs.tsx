import type { JSX } from 'preact';
import type { DialogName } from '../../model/app.js';
import { AccountDialog } from '../account/AccountDialog.js';
import { BackupCodesDialog } from '../account/BackupCodesDialog.js';
import { ChangeEmailDialog } from '../account/ChangeEmailDialog.js';
import { ChangePasswordDialog } from '../account/ChangePasswordDialog.js';
import { ConfirmEmailDialog } from '../account/ConfirmEmailDialog.js';
import { DeleteAccountDialog } from '../account/DeleteAccountDialog.js';
import { EarlierPasswordDialog } from '../account/EarlierPasswordDialog.js';
import { EraseHereDialog } from '../account/EraseHereDialog.js';
import { ExportAccountDialog, SecondFactorOffDialog, UnlockLinkingDialog } from '../account/proof-dialogs.js';
import { SecondFactorDialog } from '../account/SecondFactorDialog.js';
import { useApp } from '../app-context.js';
import { DeviceDialog } from '../devices/DeviceDialog.js';
import { DevicesDialog } from '../devices/DevicesDialog.js';
import { LinkDeviceDialog } from '../devices/LinkDeviceDialog.js';
import { SignOutOthersDialog } from '../devices/SignOutOthersDialog.js';
import { BackupDialog } from '../recovery/BackupDialog.js';
import { RecoveryKitDialog } from '../recovery/RecoveryKitDialog.js';
import { ReplaceKeyDialog } from '../recovery/ReplaceKeyDialog.js';
import { VetoDialog } from '../recovery/VetoDialog.js';
import { DeleteMessageDialog } from './DeleteMessageDialog.js';
import { NewChatDialog } from './NewChatDialog.js';
import { PassphraseDialog } from './PassphraseDialog.js';
import { ResetPasswordDialog } from './ResetPasswordDialog.js';
import { SafetyNumberDialog } from './SafetyNumberDialog.js';
import { SettingsDialog } from './SettingsDialog.js';
import { SignInDialog } from './SignInDialog.js';
import { SignOutDialog } from './SignOutDialog.js';

const VIEWS: Readonly<Record<Exclude<DialogName, 'safetyNumber' | 'deleteMessage'>, () => JSX.Element | null>> = {
  newChat: NewChatDialog,
  settings: SettingsDialog,
  signIn: SignInDialog,
  signOut: SignOutDialog,
  passphrase: PassphraseDialog,
  devices: DevicesDialog,
  device: DeviceDialog,
  signOutOthers: SignOutOthersDialog,
  linkDevice: LinkDeviceDialog,
  recoveryKit: RecoveryKitDialog,
  replaceKey: ReplaceKeyDialog,
  vetoRecovery: VetoDialog,
  backup: BackupDialog,
  account: AccountDialog,
  changeEmail: ChangeEmailDialog,
  confirmEmail: ConfirmEmailDialog,
  changePassword: ChangePasswordDialog,
  earlierPassword: EarlierPasswordDialog,
  secondFactor: SecondFactorDialog,
  backupCodes: BackupCodesDialog,
  secondFactorOff: SecondFactorOffDialog,
  unlockLinking: UnlockLinkingDialog,
  exportAccount: ExportAccountDialog,
  eraseHere: EraseHereDialog,
  deleteAccount: DeleteAccountDialog,
  resetPassword: ResetPasswordDialog,
};

export const Dialogs = () => {
  const { dialog, chats } = useApp();
  const name = dialog.value;
  const chat = chats.open.value;
  if (name === undefined) return null;
  if (name === 'safetyNumber' || name === 'deleteMessage') {
    if (chat === undefined) return null;
    return name === 'safetyNumber' ? <SafetyNumberDialog chat={chat} /> : <DeleteMessageDialog chat={chat} />;
  }
  const View = VIEWS[name];
  return <View key={name} />;
};
