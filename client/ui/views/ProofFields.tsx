import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Field, PasswordField } from '../components/Field.js';
import type { Failure } from '../i18n/failure-text.js';
import type { Proof } from '../model/proof.js';
import { useText } from './app-context.js';
import { useFailureText, usePasswordWords } from './words.js';

interface ProofFieldsProps {
  readonly label: string;
  readonly proof: Proof;
  readonly failure: Failure | undefined;
  readonly autoFocus?: boolean;
}

const codeOf = (failure: Failure | undefined): string | undefined =>
  failure === undefined || failure === 'detached' ? undefined : failure.code;

/** The password and, once the server has asked for it, a code of the second factor: most people have none and are asked for none. */
export const ProofFields = ({ label, proof, failure, autoFocus = false }: ProofFieldsProps) => {
  const text = useText();
  const words = useFailureText(failure);
  const code = codeOf(failure);
  const isAboutCode = code === 'secondFactorRequired' || code === 'wrongSecondFactor';
  const wasAsked = useSignal(false);
  useEffect(() => {
    if (isAboutCode) wasAsked.value = true;
  }, [isAboutCode]);
  return (
    <>
      <PasswordField
        label={label}
        words={usePasswordWords()}
        value={proof.password.value}
        onInput={(value) => (proof.password.value = value)}
        error={isAboutCode ? undefined : words}
        autoComplete="current-password"
        autoFocus={autoFocus}
        required
      />
      {(wasAsked.value || isAboutCode) && (
        <Field
          label={text('secondFactor.label')}
          inputMode="text"
          maxLength={24}
          value={proof.secondFactor.value}
          onInput={(value) => (proof.secondFactor.value = value)}
          hint={text('secondFactor.hint')}
          error={isAboutCode ? words : undefined}
          autoComplete="one-time-code"
          autoFocus
          required
        />
      )}
    </>
  );
};
