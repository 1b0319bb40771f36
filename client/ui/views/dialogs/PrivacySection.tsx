import { useSignal } from '@preact/signals';
import type { AccountSettings } from '@sotto/client/bridge';
import { useEffect } from 'preact/hooks';
import { Checkbox } from '../../components/Checkbox.js';
import { FieldError } from '../../components/Field.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText } from '../words.js';
import { useDialog } from './use-dialog.js';

/** What goes for every device of the account. Shown as the core has it, so that a refused change shows itself undone. */
export const PrivacySection = () => {
  const { core } = useApp();
  const text = useText();
  const { submission } = useDialog();
  const settings = useSignal<AccountSettings | undefined>(undefined);
  const failure = useFailureText(submission.failure.value);
  const take = async (asked: () => Promise<AccountSettings>): Promise<void> => {
    const now = await submission.run(asked);
    if (now !== undefined) settings.value = now;
  };
  useEffect(() => void take(() => core.call('accountSettings', {})), []);
  return (
    <section class="dialog-section">
      <h3 class="field-label">{text('settings.privacy')}</h3>
      {settings.value !== undefined && (
        <Checkbox
          label={text('settings.readReceipts')}
          checked={settings.value.readReceipts}
          onChange={(readReceipts) => void take(() => core.call('setAccountSettings', { readReceipts }))}
        />
      )}
      <p class="field-note">{text('settings.readReceipts.text')}</p>
      {failure !== undefined && <FieldError text={failure} />}
    </section>
  );
};
