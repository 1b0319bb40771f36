import { useText } from './app-context.js';

/** Appears only when the start takes longer than a blink. */
export const Starting = () => {
  const text = useText();
  return (
    <main class="entrance">
      <p class="entrance-waiting" role="status">
        {text('app.starting')}
      </p>
    </main>
  );
};
