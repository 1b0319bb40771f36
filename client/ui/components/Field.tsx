import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from './Button.js';
import { Icon } from './Icon.js';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly type?: 'text' | 'password';
  /** Which keyboard a touch screen shows; what is given also runs from left to right in every language. */
  readonly inputMode?: 'email' | 'url' | 'numeric' | 'text';
  readonly maxLength?: number;
  readonly autoComplete?: string;
  readonly autoFocus?: boolean;
  readonly required?: boolean;
  /** Stands at the end of the box. */
  readonly end?: ComponentChildren;
}

/** A labelled line of text with what helps and what is wrong, both read out with it. */
export const Field = ({ type = 'text', ...props }: FieldProps) => {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const note = props.error ?? props.hint;

  // The attribute alone works in dialogs and at page load, not on what is rendered later.
  useLayoutEffect(() => {
    if (props.autoFocus === true) input.current?.focus();
  }, []);

  const attributes = {
    ref: input,
    id,
    class: 'field-input',
    inputMode: props.inputMode,
    maxLength: props.maxLength,
    dir: props.inputMode === undefined ? 'auto' : 'ltr',
    value: props.value,
    required: props.required,
    autoComplete: props.autoComplete ?? 'off',
    autoCapitalize: 'none',
    autoFocus: props.autoFocus,
    spellcheck: false,
    'aria-invalid': props.error !== undefined,
    'aria-describedby': note === undefined ? undefined : `${id}-note`,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => props.onInput(event.currentTarget.value),
  } as const;

  return (
    <div class="field">
      <label class="field-label" for={id}>
        {props.label}
      </label>
      <div class="field-box" data-invalid={props.error !== undefined}>
        {type === 'password' ? <input type="password" {...attributes} /> : <input type="text" {...attributes} />}
        {props.end}
      </div>
      <div id={`${id}-note`} class="field-note">
        {props.error === undefined ? props.hint : <FieldError text={props.error} />}
      </div>
    </div>
  );
};

/** Spoken as soon as it appears. */
export const FieldError = ({ text }: { readonly text: string }) => (
  <p class="field-note field-error" role="alert">
    <Icon name="alert" />
    <span>{text}</span>
  </p>
);

interface PasswordFieldProps extends Omit<FieldProps, 'type' | 'end'> {
  readonly words: { readonly show: string; readonly hide: string };
}

export const PasswordField = ({ words, ...props }: PasswordFieldProps) => {
  const [shown, setShown] = useState(false);
  return (
    <Field
      {...props}
      type={shown ? 'text' : 'password'}
      end={
        <IconButton
          icon={shown ? 'eyeOff' : 'eye'}
          label={shown ? words.hide : words.show}
          onClick={() => setShown(!shown)}
        />
      }
    />
  );
};
