import type { Signal } from '@preact/signals';
import { Field } from '../components/Field.js';
import type { Failure } from '../i18n/failure-text.js';
import { useText } from './app-context.js';
import { useFailureText } from './words.js';

interface MailCodeFieldProps {
  readonly code: Signal<string>;
  readonly failure: Failure | undefined;
}

/** A code that came by mail, read generously. */
export const MailCodeField = ({ code, failure }: MailCodeFieldProps) => {
  const text = useText();
  return (
    <Field
      label={text('mailCode.label')}
      inputMode="text"
      maxLength={32}
      value={code.value}
      onInput={(value) => (code.value = value)}
      hint={text('mailCode.hint')}
      error={useFailureText(failure)}
      autoComplete="one-time-code"
      autoFocus
      required
    />
  );
};
