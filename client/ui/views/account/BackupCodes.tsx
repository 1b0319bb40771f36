import type { BackupCodesView } from '@sotto/client/bridge';
import { Button } from '../../components/Button.js';
import { useApp, useText } from '../app-context.js';

interface BackupCodesProps {
  readonly codes: BackupCodesView;
  readonly onDone: () => void;
}

/** The only time that they can be seen: to keep, on paper or in a file. */
export const BackupCodes = ({ codes: { backupCodes }, onDone }: BackupCodesProps) => {
  const { print, saveFile, state } = useApp();
  const text = useText();
  const app = state.app.value;
  if (app?.phase !== 'ready') return null;
  const { username, server } = app.account;
  const head = text('factor.codes.file', { username: `@${username}`, server });
  const save = (): void => {
    const content = [head, '', ...backupCodes, ''].join('\n');
    saveFile(`sotto-backup-codes-${username}.txt`, new Blob([content], { type: 'text/plain' }));
  };
  return (
    <>
      <section class="kit-page">
        <p>{head}</p>
        <ol class="digits backup-codes" aria-label={text('factor.codes.title')}>
          {backupCodes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ol>
      </section>
      <p class="field-note">{text('factor.codes.text')}</p>
      <div class="form-actions">
        <Button onClick={save}>{text('factor.codes.save')}</Button>
        <Button onClick={print}>{text('kit.print')}</Button>
        <Button kind="primary" onClick={onDone}>
          {text('factor.codes.done')}
        </Button>
      </div>
    </>
  );
};
