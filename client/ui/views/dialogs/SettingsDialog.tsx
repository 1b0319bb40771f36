import { Button } from '../../components/Button.js';
import { Choices } from '../../components/Choices.js';
import { Dialog } from '../../components/Dialog.js';
import { LANGUAGE_PREFERENCES, THEMES } from '../../model/preferences.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from './use-dialog.js';

export const SettingsDialog = () => {
  const { preferences, state, dialog } = useApp();
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
      {app?.phase === 'ready' && (
        <section class="dialog-section">
          <h3 class="field-label">{text('settings.appLock')}</h3>
          <p class="field-note">{text('settings.appLock.text')}</p>
          <div>
            <Button onClick={() => (dialog.value = 'passphrase')}>{text('settings.appLock.set')}</Button>
          </div>
        </section>
      )}
    </Dialog>
  );
};
