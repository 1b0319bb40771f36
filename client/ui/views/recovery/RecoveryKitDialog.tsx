import { useSignal } from '@preact/signals';
import type { RecoveryKeyView } from '@sotto/client/bridge';
import { Button } from '../../components/Button.js';
import { Dialog } from '../../components/Dialog.js';
import { Field, PasswordField } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { QrCode } from '../../components/QrCode.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { useFailureText, usePasswordWords } from '../words.js';

interface PageProps {
  readonly keyView: RecoveryKeyView;
  readonly onSaved: () => void;
  readonly onLater: () => void;
}

/** The page that is printed: all that is on paper is in `.kit-page`. */
const KitPage = ({ keyView, onSaved, onLater }: PageProps) => {
  const { print } = useApp();
  const text = useText();
  return (
    <>
      <p class="muted">{text('kit.text')}</p>
      <section class="kit-page">
        <h3 class="dialog-title">{text('kit.title')}</h3>
        <p>{text('kit.of', { username: `@${keyView.username}`, server: keyView.server })}</p>
        <ol class="digits kit-groups" aria-label={text('kit.groups')}>
          {keyView.groups.map((group, index) => (
            <li key={index}>{group}</li>
          ))}
        </ol>
        <QrCode code={keyView.qr} label={text('kit.qr')} />
        <p class="field-note">{text('kit.paper')}</p>
      </section>
      <div class="form-actions">
        <Button onClick={onLater}>{text('kit.later')}</Button>
        <Button onClick={print}>{text('kit.print')}</Button>
        <Button kind="primary" onClick={onSaved}>
          {text('kit.saved')}
        </Button>
      </div>
    </>
  );
};

interface ConfirmProps {
  readonly asked: readonly number[];
  readonly password: string;
}

const ConfirmKit = ({ asked, password }: ConfirmProps) => {
  const { core, recovery, toasts } = useApp();
  const text = useText();
  const { frame, submission } = useDialog();
  const groups = useSignal<readonly string[]>(asked.map(() => ''));
  const failure = useFailureText(submission.failure.value);
  const submit = async (): Promise<void> => {
    const typed = groups.value.map((group) => group.trim());
    const kit = await submission.run(() => core.call('confirmRecoveryKit', { password, groups: typed }));
    if (kit === undefined) return;
    recovery.adoptKit(kit);
    frame.onClose();
    toasts.show('kit.confirmed');
  };
  return (
    <Form
      inDialog
      submitLabel={text('kit.confirm')}
      busyLabel={text('state.working')}
      busy={submission.busy.value}
      incomplete={groups.value.some((group) => group.trim() === '') ? text('form.incomplete') : undefined}
      onSubmit={submit}
    >
      <p class="muted">{text('kit.confirm.text')}</p>
      {asked.map((number, index) => (
        <Field
          key={number}
          label={text('kit.group', { number })}
          inputMode="text"
          maxLength={16}
          value={groups.value[index] ?? ''}
          onInput={(value) => (groups.value = groups.value.map((group, at) => (at === index ? value : group)))}
          error={index === asked.length - 1 ? failure : undefined}
          autoFocus={index === 0}
          required
        />
      ))}
    </Form>
  );
};

/** Shows the key once, has two groups read back from the paper, and forgets it. Nothing of it stays when this is left. */
export const RecoveryKitDialog = () => {
  const { core, recovery } = useApp();
  const text = useText();
  const { frame, submission } = useDialog();
  const password = useSignal('');
  const keyView = useSignal<RecoveryKeyView | undefined>(undefined);
  const asked = useSignal<readonly number[] | undefined>(undefined);
  const failure = useFailureText(submission.failure.value);
  const words = usePasswordWords();

  const show = async (): Promise<void> => {
    const shown = await submission.run(() => core.call('showRecoveryKey', { password: password.value }));
    if (shown !== undefined) keyView.value = shown;
  };
  const saved = (): void => {
    asked.value = keyView.value?.asked;
    keyView.value = undefined;
  };
  const later = (): void => {
    recovery.later();
    frame.onClose();
  };

  if (asked.value !== undefined) {
    const [first = 1, second = 1] = asked.value;
    return (
      <Dialog title={text('kit.confirm.title', { first, second })} {...frame}>
        <ConfirmKit asked={asked.value} password={password.value} />
      </Dialog>
    );
  }
  return (
    <Dialog title={text('kit.title')} {...frame}>
      {keyView.value === undefined ? (
        <Form
          inDialog
          submitLabel={text('kit.show')}
          busyLabel={text('state.working')}
          busy={submission.busy.value}
          incomplete={password.value === '' ? text('form.incomplete') : undefined}
          onSubmit={show}
        >
          <p>{text('kit.text')}</p>
          <PasswordField
            label={text('kit.password')}
            words={words}
            value={password.value}
            onInput={(value) => (password.value = value)}
            error={failure}
            autoComplete="current-password"
            autoFocus
            required
          />
        </Form>
      ) : (
        <KitPage keyView={keyView.value} onSaved={saved} onLater={later} />
      )}
    </Dialog>
  );
};
