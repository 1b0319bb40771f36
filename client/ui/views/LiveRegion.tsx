import { useApp, useText } from './app-context.js';
import { bodyText } from './words.js';

/** The one polite region: what has just been written in the open chat, without times. */
export const LiveRegion = () => {
  const { announcement } = useApp();
  const text = useText();
  const current = announcement.value;
  const only = current?.messages.length === 1 ? current.messages[0] : undefined;
  const words = (): string => {
    if (current === undefined) return '';
    const { author } = current;
    if (only === undefined) return text('chat.announce.many', { author, count: current.messages.length });
    return text('chat.announce', { author, text: bodyText(only, text) });
  };
  return (
    <p class="visually-hidden" aria-live="polite">
      {words()}
    </p>
  );
};
