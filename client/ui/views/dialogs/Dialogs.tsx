import { useApp } from '../app-context.js';
import { NewChatDialog } from './NewChatDialog.js';
import { PassphraseDialog } from './PassphraseDialog.js';
import { SafetyNumberDialog } from './SafetyNumberDialog.js';
import { SettingsDialog } from './SettingsDialog.js';
import { SignInDialog } from './SignInDialog.js';
import { SignOutDialog } from './SignOutDialog.js';

export const Dialogs = () => {
  const { dialog, chats } = useApp();
  switch (dialog.value) {
    case undefined:
      return null;
    case 'newChat':
      return <NewChatDialog />;
    case 'settings':
      return <SettingsDialog />;
    case 'safetyNumber':
      return chats.open.value === undefined ? null : <SafetyNumberDialog chat={chats.open.value} />;
    case 'signIn':
      return <SignInDialog />;
    case 'signOut':
      return <SignOutDialog />;
    case 'passphrase':
      return <PassphraseDialog />;
  }
};
