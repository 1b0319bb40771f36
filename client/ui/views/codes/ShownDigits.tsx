import { useText } from '../app-context.js';

/** Six digits in two groups, as they are read aloud; a screen reader says each by itself. */
export const ShownDigits = ({ digits }: { readonly digits: string }) => {
  const text = useText();
  return (
    <p
      class="big-digits"
      role="img"
      aria-label={text('join.digits.label', { digits: digits.replace(/(?=.)/g, ' ').trim() })}
      dir="ltr"
    >
      {digits.slice(0, 3)} {digits.slice(3)}
    </p>
  );
};
