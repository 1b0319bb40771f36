import type { RefObject } from 'preact';
import { Icon } from '../../components/Icon.js';
import type { Chat } from '../../model/chat.js';
import { useText, useTranslator } from '../app-context.js';
import { distanceToEnd } from './scroll-place.js';

interface ToLatestProps {
  readonly chat: Chat;
  readonly scroller: RefObject<HTMLElement | null>;
}

/** Farther than this many screens the way is not shown. */
const SHOWN_SCREENS = 2;

const travelsInSight = (scroller: HTMLElement): boolean =>
  distanceToEnd(scroller) <= SHOWN_SCREENS * scroller.clientHeight &&
  !matchMedia('(prefers-reduced-motion: reduce)').matches;

export const ToLatest = ({ chat, scroller }: ToLatestProps) => {
  const text = useText();
  const { language } = useTranslator();
  if (!chat.entered.value || (chat.place.value === 'end' && chat.atNewest.value)) return null;
  const count = chat.arrivedBelow.value;

  const go = (): void => {
    const element = scroller.current;
    if (element !== null && chat.atNewest.peek() && travelsInSight(element))
      element.scrollTo({ top: element.scrollHeight, behavior: 'smooth' });
    else void chat.showNewest();
  };

  return (
    <button type="button" class="to-latest" aria-label={text('chat.newMessages', { count })} onClick={go}>
      {count > 0 && <span aria-hidden="true">{count.toLocaleString(language)}</span>}
      <Icon name="arrowDown" />
    </button>
  );
};
