import { Button } from '../components/Button.js';
import { Logo } from '../components/Logo.js';
import { useApp, useText } from './app-context.js';
import { useFailureText } from './words.js';

/** The core is there but cannot open the profile: says why, and asks again when the person has done something about it. */
export const StartFailed = () => {
  const { state } = useApp();
  const text = useText();
  const failure = useFailureText(state.failure.value);
  return (
    <main class="entrance scroller">
      <div class="entrance-card entrance-welcome">
        <Logo />
        <div class="entrance-head" role="alert">
          <h1 class="heading">{text('app.failed.title')}</h1>
          <p class="entrance-text">{failure}</p>
        </div>
        <Button kind="primary" onClick={() => void state.refresh()}>
          {text('action.tryAgain')}
        </Button>
      </div>
    </main>
  );
};
