import { useSignal } from '@preact/signals';
import { PasswordField } from '../components/Field.js';
import { Form } from '../components/Form.js';
import { Logo } from '../components/Logo.js';
import { useApp, useText } from './app-context.js';
import { useFailureText, usePasswordWords } from './words.js';

export const LockScreen = () => {
  const { unlock, unlocking } = useApp();
  const text = useText();
  const passphrase = useSignal('');
  const failure = useFailureText(unlocking.failure.value);

  return (
    <main class="entrance scroller">
      <div class="entrance-card">
        <div class="entrance-head entrance-welcome">
          <Logo />
          <h1 class="heading">{text('lock.title')}</h1>
          <p class="entrance-text">{text('lock.text')}</p>
        </div>
        <Form
          submitLabel={text('lock.unlock')}
          busyLabel={text('state.working')}
          busy={unlocking.busy.value}
          incomplete={passphrase.value === '' ? text('form.incomplete') : undefined}
          onSubmit={() => unlock(passphrase.value)}
        >
          <PasswordField
            label={text('lock.passphrase')}
            words={usePasswordWords()}
            value={passphrase.value}
            onInput={(value) => (passphrase.value = value)}
            error={failure}
            autoFocus
            required
          />
        </Form>
      </div>
    </main>
  );
};
