import { Logo } from '../components/Logo.js';
import { useText } from './app-context.js';

/** The host knows this window no more; only a new address leads back. */
export const Detached = () => {
  const text = useText();
  return (
    <main class="entrance scroller">
      <div class="entrance-card entrance-welcome">
        <Logo />
        <div class="entrance-head" role="alert">
          <h1 class="heading">{text('app.detached.title')}</h1>
          <p class="entrance-text">{text('app.detached.text')}</p>
        </div>
      </div>
    </main>
  );
};
