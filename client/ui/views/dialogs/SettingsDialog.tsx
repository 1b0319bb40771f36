import type { RecoveryKitView } from '@sotto/client/bridge';
import { Button } from '../../components/Button.js';
import { Choices } from '../../components/Choices.js';
import { Dialog } from '../../components/Dialog.js';
import type { DialogName } from '../../model/app.js';
import { LANGUAGE_PREFERENCES, THEMES } from '../../model/preferences.js';
import { useApp, useText, useTranslator } from '../app-context.js';
import type { Translator } from '../../i18n/translator.js';
import { useDialog } from './use-dialog.js';

export const SettingsDialog = () => {
  const { preferences, state } = useApp();
  const text = useText();
  const { frame } = useDialog();
  const app = state.app.value;
  return (
    <Dialog title={text('settings.title')} {...frame}>
      {app?.phase === 'ready' && (
        <section class="dialog-section">
          <h3 class="field-label">{text('settings.account')}</h3>
          <p class="dialog-value">
            {text('settings.account.of', { username: `@${app.account.username}`, server: app.account.server })}
          </p>
        </section>
      )}
      <Choices
        legend={text('settings.language')}
        value={preferences.language.value}
        choices={LANGUAGE_PREFERENCES.map((value) => ({ value, label: text(`settings.language.${value}`) }))}
        onChoose={(value) => (preferences.language.value = value)}
      />
      <Choices
        legend={text('settings.theme')}
        value={preferences.theme.value}
        choices={THEMES.map((value) => ({ value, label: text(`settings.theme.${value}`) }))}
        onChoose={(value) => (preferences.theme.value = value)}
      />
      {app?.phase === 'ready' && <AccountSections />}
    </Dialog>
  );
};

interface SectionProps {
  readonly title: string;
  readonly text: string;
  readonly action?: { readonly label: string; readonly dialog: DialogName } | undefined;
}

const Section = ({ title, text, action }: SectionProps) => {
  const { dialog } = useApp();
  return (
    <section class="dialog-section">
      <h3 class="field-label">{title}</h3>
      <p class="field-note">{text}</p>
      {action !== undefined && (
        <div>
          <Button onClick={() => (dialog.value = action.dialog)}>{action.label}</Button>
        </div>
      )}
    </section>
  );
};

const kitAction = (kit: RecoveryKitView, text: Translator['text']): SectionProps['action'] => {
  switch (kit.state) {
    case 'unconfirmed':
      return { label: text('kit.save'), dialog: 'recoveryKit' };
    case 'confirmed':
      return { label: text('rootKey.replace'), dialog: 'replaceKey' };
    case 'elsewhere':
      return undefined;
  }
};

/** What is there only with an account. */
const AccountSections = () => {
  const { recovery } = useApp();
  const { text, times } = useTranslator();
  const kit = recovery.kit.value;
  return (
    <>
      <Section
        title={text('settings.devices')}
        text={text('settings.devices.text')}
        action={{ label: text('settings.devices.open'), dialog: 'devices' }}
      />
      {kit !== undefined && (
        <Section
          title={text('settings.recovery')}
          text={text(`kit.state.${kit.state}`, { date: kit.state === 'confirmed' ? times.moment(kit.at) : '' })}
          action={kitAction(kit, text)}
        />
      )}
      <Section
        title={text('settings.backup')}
        text={text('settings.backup.text')}
        action={{ label: text('settings.backup.open'), dialog: 'backup' }}
      />
      <Section
        title={text('settings.appLock')}
        text={text('settings.appLock.text')}
        action={{ label: text('settings.appLock.set'), dialog: 'passphrase' }}
      />
    </>
  );
};
