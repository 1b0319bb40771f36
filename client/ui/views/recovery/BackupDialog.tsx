import { useSignal } from '@preact/signals';
import type { BackupView } from '@sotto/client/bridge';
import { useRef } from 'preact/hooks';
import { Button } from '../../components/Button.js';
import { Dialog } from '../../components/Dialog.js';
import { FieldError, PasswordField } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { ProgressBar } from '../../components/ProgressBar.js';
import { exportBackup, restoreBackup } from '../../model/backup.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { useFailureText, usePasswordWords } from '../words.js';

const Percent = ({ share }: { readonly share: number | undefined }) => {
  const text = useText();
  if (share === undefined) return null;
  return <ProgressBar label={text('backup.progress', { percent: Math.round(share * 100) })} done={share} total={1} />;
};

const useShare = () => {
  const share = useSignal<number | undefined>(undefined);
  return {
    share,
    progress: (done: number, total: number): void => void (share.value = total === 0 ? 1 : Math.min(1, done / total)),
  };
};

const Export = () => {
  const { core, saveFile, toasts } = useApp();
  const text = useText();
  const words = usePasswordWords();
  const { submission } = useDialog();
  const { share, progress } = useShare();
  const passphrase = useSignal('');
  const repeated = useSignal('');
  const differ = useSignal(false);
  const failure = useFailureText(submission.failure.value);
  const submit = async (): Promise<void> => {
    differ.value = passphrase.value !== repeated.value;
    if (differ.value) return;
    const file = await submission.run(() => exportBackup(core, passphrase.value, progress));
    share.value = undefined;
    if (file === undefined) return;
    saveFile(file.name, file.content);
    passphrase.value = '';
    repeated.value = '';
    toasts.show('backup.saved');
  };
  return (
    <section class="dialog-part">
      <h3 class="field-label">{text('backup.export.title')}</h3>
      <p class="field-note">{text('backup.export.text')}</p>
      <Form
        inDialog
        submitLabel={text('backup.export.submit')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={passphrase.value === '' || repeated.value === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <PasswordField
          label={text('backup.passphrase')}
          words={words}
          value={passphrase.value}
          onInput={(value) => (passphrase.value = value)}
          hint={text('backup.passphrase.hint')}
          error={failure}
          autoComplete="new-password"
          required
        />
        <PasswordField
          label={text('passphrase.repeat')}
          words={words}
          value={repeated.value}
          onInput={(value) => (repeated.value = value)}
          error={differ.value ? text('passphrase.differ') : undefined}
          autoComplete="new-password"
          required
        />
        <Percent share={share.value} />
      </Form>
    </section>
  );
};

const Restore = () => {
  const { core } = useApp();
  const text = useText();
  const words = usePasswordWords();
  const { submission } = useDialog();
  const { share, progress } = useShare();
  const input = useRef<HTMLInputElement>(null);
  const file = useSignal<File | undefined>(undefined);
  const secret = useSignal('');
  const result = useSignal<BackupView | undefined>(undefined);
  const failure = useFailureText(submission.failure.value);
  const submit = async (): Promise<void> => {
    const chosen = file.value;
    if (chosen === undefined) return;
    result.value = undefined;
    result.value = await submission.run(() => restoreBackup(core, chosen, secret.value, progress));
    share.value = undefined;
    if (result.value !== undefined) secret.value = '';
  };
  return (
    <section class="dialog-part">
      <h3 class="field-label">{text('backup.restore.title')}</h3>
      <p class="field-note">{text('backup.restore.text')}</p>
      <Form
        inDialog
        submitLabel={text('backup.restore.submit')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={file.value === undefined || secret.value === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <div class="file-line">
          <Button onClick={() => input.current?.click()}>{text('backup.file')}</Button>
          <input
            ref={input}
            class="visually-hidden"
            type="file"
            tabIndex={-1}
            aria-label={text('backup.file')}
            onChange={(event) => ([file.value] = [...(event.currentTarget.files ?? [])])}
          />
          {file.value !== undefined && <p>{text('backup.file.chosen', { name: file.value.name })}</p>}
        </div>
        <PasswordField
          label={text('backup.secret')}
          words={words}
          value={secret.value}
          onInput={(value) => (secret.value = value)}
          required
        />
        <Percent share={share.value} />
        {failure !== undefined && <FieldError text={failure} />}
        {result.value !== undefined && (
          <p role="status">{text('backup.result', { added: result.value.added, known: result.value.known })}</p>
        )}
      </Form>
    </section>
  );
};

/** Settings → Backup. */
export const BackupDialog = () => {
  const text = useText();
  const { frame } = useDialog('settings');
  return (
    <Dialog title={text('backup.title')} {...frame}>
      <Export />
      <Restore />
    </Dialog>
  );
};
