import type { ComponentChildren } from 'preact';
import { Button } from './Button.js';

interface FormProps {
  readonly submitLabel: string;
  readonly busyLabel: string;
  readonly busy: boolean;
  /** Why the form cannot be sent yet. */
  readonly incomplete?: string | undefined;
  readonly onSubmit: () => Promise<void>;
  /** In a dialog the button stands at the end, on a page of its own it is as wide as the fields. */
  readonly inDialog?: boolean;
  /** What it does cannot be taken back. */
  readonly danger?: boolean;
  readonly children: ComponentChildren;
}

/** Fields and the one button that sends them. The browser's own checks are off: they speak the browser's language. */
export const Form = ({ busy, incomplete, onSubmit, inDialog = false, danger = false, ...props }: FormProps) => {
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!busy && incomplete === undefined) void onSubmit();
  };
  return (
    <form class="form" noValidate onSubmit={submit}>
      {props.children}
      <div class={inDialog ? 'form-actions' : undefined}>
        <Button
          type="submit"
          kind={danger ? 'danger' : 'primary'}
          size={inDialog ? 'usual' : 'wide'}
          busy={busy}
          disabledReason={incomplete}
        >
          {busy ? props.busyLabel : props.submitLabel}
        </Button>
      </div>
    </form>
  );
};
