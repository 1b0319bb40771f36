import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Button } from '../../components/Button.js';
import { Dialog } from '../../components/Dialog.js';
import { FieldError } from '../../components/Field.js';
import type { Chat } from '../../model/chat.js';
import { useApp, useText } from '../app-context.js';
import { useFailureText } from '../words.js';
import { useDialog } from './use-dialog.js';

export const SafetyNumberDialog = ({ chat }: { readonly chat: Chat }) => {
  const { core, copy, toasts } = useApp();
  const text = useText();
  const { frame, submission } = useDialog();
  const groups = useSignal<readonly string[]>([]);
  const copyFailed = useSignal(false);
  const failure = useFailureText(submission.failure.value);
  const name = chat.view.value?.username ?? '';

  const load = async (): Promise<void> => {
    const number = await submission.run(() => core.call('safetyNumber', { chatId: chat.chatId }));
    if (number !== undefined) groups.value = number.groups;
  };
  useEffect(() => void load(), []);

  const copyNumber = async (): Promise<void> => {
    copyFailed.value = !(await copy(groups.value.join(' ')));
    if (!copyFailed.value) toasts.show('safety.copied');
  };

  return (
    <Dialog title={text('safety.title')} {...frame}>
      <p>{text('safety.text', { name })}</p>
      {failure === undefined ? (
        <ol class="digits" aria-label={text('safety.digits', { name })}>
          {groups.value.map((group, index) => (
            <li key={index}>{group}</li>
          ))}
        </ol>
      ) : (
        <FieldError text={failure} />
      )}
      {copyFailed.value && <FieldError text={text('safety.copyFailed')} />}
      <div class="form-actions">
        {failure === undefined ? (
          <Button onClick={() => void copyNumber()}>{text('action.copy')}</Button>
        ) : (
          <Button onClick={() => void load()}>{text('action.tryAgain')}</Button>
        )}
      </div>
    </Dialog>
  );
};
