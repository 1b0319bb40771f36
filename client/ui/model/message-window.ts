/** Which part of the loaded messages stands in the document: `from` inclusive, `to` exclusive. */
export interface MessageWindow {
  readonly from: number;
  readonly to: number;
}

/**
 * Nodes in the document at most; a screen shows about thirty.
 * @internal
 */
export const WINDOW_SIZE = 240;
/** How far the window moves when its edge comes near. */
const STEP = 80;

const clamp = (from: number, length: number): MessageWindow => {
  const start = Math.max(0, Math.min(from, length - WINDOW_SIZE));
  return { from: start, to: Math.min(length, start + WINDOW_SIZE) };
};

/** The newest messages. */
export const windowAtEnd = (length: number): MessageWindow => clamp(length, length);

export const windowAround = (index: number, length: number): MessageWindow =>
  clamp(index - Math.floor(WINDOW_SIZE / 2), length);

/** One step towards older or newer messages; the same window where there are no more that way. */
export const moveWindow = (window: MessageWindow, towards: 'older' | 'newer', length: number): MessageWindow => {
  const moved = clamp(window.from + (towards === 'older' ? -STEP : STEP), length);
  return moved.from === window.from && moved.to === window.to ? window : moved;
};

/**
 * The window that shows the same messages after the list has changed: `keep` is where the message that stood first in it
 * stands now, or -1 when it is gone.
 */
export const followWindow = (keep: number, length: number): MessageWindow =>
  keep < 0 ? windowAtEnd(length) : clamp(keep, length);
