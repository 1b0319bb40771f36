import { MessageIdValue } from '@sotto/client/bridge';
import type { Place } from '../../model/chat.js';
import type { MessageId } from '../../model/timeline.js';

/** So close to the end counts as being there. */
const END_PX = 48;

const messagesIn = (scroller: HTMLElement): readonly HTMLElement[] => [
  ...scroller.querySelectorAll<HTMLElement>('[data-message]'),
];

const idOf = (element: HTMLElement): MessageId => MessageIdValue.parse(element.dataset['message']);

/** The index of the first element for which `holds`; the elements stand in order, so halving finds it. */
const firstWhere = (elements: readonly HTMLElement[], holds: (box: DOMRect) => boolean): number => {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const element = elements[middle];
    if (element !== undefined && holds(element.getBoundingClientRect())) high = middle;
    else low = middle + 1;
  }
  return low;
};

export const distanceToEnd = (scroller: HTMLElement): number =>
  scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;

/** Where the person stands: the first whole message in sight, or the end when that is within reach. */
export const readPlace = (scroller: HTMLElement, atNewest: boolean): Place => {
  if (atNewest && distanceToEnd(scroller) <= END_PX) return 'end';
  const { top } = scroller.getBoundingClientRect();
  const elements = messagesIn(scroller);
  const element = elements[firstWhere(elements, (box) => box.top >= top)] ?? elements.at(-1);
  return element === undefined
    ? 'end'
    : { messageId: idOf(element), offset: element.getBoundingClientRect().top - top };
};

/** Puts the person back where they stood, whatever has grown or shrunk since. */
export const restorePlace = (scroller: HTMLElement, place: Place): void => {
  if (place === 'end') {
    scroller.scrollTop = scroller.scrollHeight;
    return;
  }
  const element = scroller.querySelector<HTMLElement>(`[data-message="${place.messageId}"]`);
  if (element === null) return;
  const shift = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - place.offset;
  if (Math.abs(shift) >= 1) scroller.scrollTop += shift;
};

/** The newest message of which enough is in sight to have been read. */
export const newestInSight = (scroller: HTMLElement): MessageId | undefined => {
  const { bottom } = scroller.getBoundingClientRect();
  const elements = messagesIn(scroller);
  const below = firstWhere(elements, (box) => box.top + Math.min(box.height, 40) > bottom);
  const element = elements[below - 1];
  return element === undefined ? undefined : idOf(element);
};
