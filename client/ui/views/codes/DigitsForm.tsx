import { useSignal } from '@preact/signals';
import { Button } from '../../components/Button.js';
import { Field } from '../../components/Field.js';
import { useText } from '../app-context.js';

const DIGITS = 6;

interface DigitsFormProps {
  readonly label: string;
  readonly submitLabel: string;
  readonly refuseLabel: string;
  readonly busy: boolean;
  readonly error: string | undefined;
  readonly onDigits: (digits: string) => void;
  readonly onRefuse: () => void;
}

/** One labelled field for six digits, and two equal buttons: neither is proposed. */
export const DigitsForm = (props: DigitsFormProps) => {
  const text = useText();
  const typed = useSignal('');
  const digits = typed.value.replace(/\D/g, '');
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!props.busy && digits.length === DIGITS) props.onDigits(digits);
  };
  return (
    <form class="form digits-form" noValidate onSubmit={submit}>
      <Field
        label={props.label}
        inputMode="numeric"
        maxLength={DIGITS + 1}
        value={typed.value}
        onInput={(value) => (typed.value = value)}
        error={props.error}
        autoComplete="one-time-code"
        autoFocus
        required
      />
      <div class="equal-buttons">
        <Button
          type="submit"
          busy={props.busy}
          disabledReason={digits.length === DIGITS ? undefined : text('form.incomplete')}
        >
          {props.submitLabel}
        </Button>
        <Button onClick={props.onRefuse}>{props.refuseLabel}</Button>
      </div>
    </form>
  );
};
