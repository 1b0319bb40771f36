import { useSignal } from '@preact/signals';
import { Button } from '../../components/Button.js';
import { Dialog } from '../../components/Dialog.js';
import { Field, PasswordField } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { useApp, useTranslator } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { useFailureText, usePasswordWords } from '../words.js';

export const ReplaceKeyDialog = () => {
  const { core, recovery, dialog } = useApp();
  const { text, times } = useTranslator();
  const { frame, submission } = useDialog('settings');
  const password = useSignal('');
  const oldKey = useSignal('');
  const effectiveAt = useSignal<number | undefined>(undefined);
  const failure = submission.failure.value;
  const failureWords = useFailureText(failure);
  const isOfKey = failure !== undefined && failure !== 'detached' && failure.code.startsWith('recoveryKey');
  const words = usePasswordWords();

  const submit = async (): Promise<void> => {
    const old = oldKey.value.trim();
    const params = { password: password.value, ...(old === '' ? {} : { oldKey: old }) };
    const done = await submission.run(() => core.call('replaceRecoveryKey', params));
    if (done === undefined) return;
    password.value = '';
    oldKey.value = '';
    effectiveAt.value = done.effectiveAt;
    await recovery.refresh();
  };

  if (effectiveAt.value !== undefined)
    return (
      <Dialog title={text('rootKey.title')} {...frame}>
        <p role="status">{text('rootKey.done', { date: times.moment(effectiveAt.value) })}</p>
        <div class="form-actions">
          <Button kind="primary" onClick={() => (dialog.value = 'recoveryKit')}>
            {text('kit.save')}
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={text('rootKey.title')} {...frame}>
      <p>{text('rootKey.text')}</p>
      <Form
        inDialog
        submitLabel={text('rootKey.replace')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={password.value === '' ? text('form.incomplete') : undefined}
        onSubmit={submit}
      >
        <PasswordField
          label={text('offer.password')}
          words={words}
          value={password.value}
          onInput={(value) => (password.value = value)}
          error={isOfKey ? undefined : failureWords}
          autoComplete="current-password"
          autoFocus
          required
        />
        <Field
          label={text('rootKey.old')}
          inputMode="text"
          maxLength={512}
          value={oldKey.value}
          onInput={(value) => (oldKey.value = value)}
          hint={text('recover.key.hint')}
          error={isOfKey ? failureWords : undefined}
        />
      </Form>
    </Dialog>
  );
};
