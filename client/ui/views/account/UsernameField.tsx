import type { Signal } from '@preact/signals';
import { Field } from '../../components/Field.js';
import { useApp, useText } from '../app-context.js';

interface UsernameFieldProps {
  readonly username: Signal<string>;
  readonly error?: string | undefined;
  readonly autoFocus?: boolean;
}

/** The own name, typed to show that what follows is meant. */
export const UsernameField = ({ username, error, autoFocus = false }: UsernameFieldProps) => {
  const { state } = useApp();
  const text = useText();
  const app = state.app.value;
  if (app?.phase !== 'ready') return null;
  return (
    <Field
      label={text('account.erase.username', { username: app.account.username })}
      inputMode="text"
      maxLength={64}
      value={username.value}
      onInput={(value) => (username.value = value)}
      error={error}
      autoFocus={autoFocus}
      required
    />
  );
};
