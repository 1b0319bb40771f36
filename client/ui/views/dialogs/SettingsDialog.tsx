import type { RecoveryKitView } from '@sotto/client/bridge';
import { Choices } from '../../components/Choices.js';
import { Dialog } from '../../components/Dialog.js';
import type { DialogName } from '../../model/app.js';
import { LANGUAGE_PREFERENCES, THEMES } from '../../model/preferences.js';
import { useApp, useText, useTranslator } from '../app-context.js';
import type { TextKey } from '../../i18n/catalogue.js';
import { PrivacySection } from './PrivacySection.js';
import { OpenDialog, Section } from './Section.js';
import { useDialog } from './use-dialog.js';

export const SettingsDialog = () => {
  const { preferences, state } = useApp();
  const text = useText();
  const { frame } = useDialog();
  const app = state.app.value;
  return (
    <Dialog title={text('settings.title')} {...frame}>
      {app?.phase === 'ready' && (
        <Section
          title={text('settings.account')}
          text={text('settings.account.of', { username: `@${app.account.username}`, server: app.account.server })}
        >
          <OpenDialog dialog="account" label={text('settings.account.open')} />
        </Section>
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

interface KitAction {
  readonly label: TextKey;
  readonly dialog: DialogName;
}

const kitAction = (kit: RecoveryKitView): KitAction | undefined => {
  switch (kit.state) {
    case 'unconfirmed':
      return { label: 'kit.save', dialog: 'recoveryKit' };
    case 'confirmed':
      return { label: 'rootKey.replace', dialog: 'replaceKey' };
    case 'elsewhere':
      return undefined;
  }
};

const KitSection = ({ kit }: { readonly kit: RecoveryKitView }) => {
  const { text, times } = useTranslator();
  const action = kitAction(kit);
  return (
    <Section
      title={text('settings.recovery')}
      text={text(`kit.state.${kit.state}`, { date: kit.state === 'confirmed' ? times.moment(kit.at) : '' })}
    >
      {action !== undefined && <OpenDialog dialog={action.dialog} label={text(action.label)} />}
    </Section>
  );
};

/** What is there only with an account. */
const AccountSections = () => {
  const { recovery } = useApp();
  const text = useText();
  const kit = recovery.kit.value;
  return (
    <>
      <Section title={text('settings.devices')} text={text('settings.devices.text')}>
        <OpenDialog dialog="devices" label={text('settings.devices.open')} />
      </Section>
      <PrivacySection />
      {kit !== undefined && <KitSection kit={kit} />}
      <Section title={text('settings.backup')} text={text('settings.backup.text')}>
        <OpenDialog dialog="backup" label={text('settings.backup.open')} />
      </Section>
      <Section title={text('settings.appLock')} text={text('settings.appLock.text')}>
        <OpenDialog dialog="passphrase" label={text('settings.appLock.set')} />
      </Section>
    </>
  );
};
