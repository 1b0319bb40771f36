/** What the keyboard can ask for from anywhere. */
export type Command =
  | { readonly name: 'find' | 'findHere' }
  | { readonly name: 'newChat' | 'settings' | 'nextPane' | 'previousPane' | 'nextChat' | 'previousChat' }
  | { readonly name: 'showChat'; readonly index: number };

export interface KeyPress {
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** `browser`: a tab keeps Ctrl for itself, so Alt+Shift stands for it there. */
export type KeyboardStyle = 'windowsOrLinux' | 'mac' | 'browser';

const DIGIT = /^Digit([1-9])$/;

const modifiers = (press: KeyPress): string =>
  [press.ctrlKey && 'ctrl', press.metaKey && 'meta', press.altKey && 'alt', press.shiftKey && 'shift']
    .filter((name) => name !== false)
    .join('+');

const MAIN: Readonly<Record<KeyboardStyle, string>> = { windowsOrLinux: 'ctrl', mac: 'meta', browser: 'alt+shift' };
const STEP: Readonly<Record<KeyboardStyle, string>> = { windowsOrLinux: 'alt', mac: 'meta+alt', browser: 'alt' };

/** Keys with the main modifier; digits choose a chat. */
const WITH_MAIN: Readonly<Record<string, Command>> = {
  KeyN: { name: 'newChat' },
  KeyK: { name: 'find' },
  KeyF: { name: 'findHere' },
  Comma: { name: 'settings' },
};
/** A tab has no such keys left; there the plain ones are enough. */
const WITH_MAIN_AND_SHIFT: Readonly<Record<string, Command>> = { KeyF: { name: 'find' } };
const WITH_STEP: Readonly<Record<string, Command>> = {
  ArrowDown: { name: 'nextChat' },
  ArrowUp: { name: 'previousChat' },
};
const ALONE: Readonly<Record<string, Command>> = { F6: { name: 'nextPane' } };
const WITH_SHIFT: Readonly<Record<string, Command>> = { F6: { name: 'previousPane' } };

/** By `code`, the place of the key, so that Cyrillic and other layouts work alike. */
export const commandOf = (press: KeyPress, style: KeyboardStyle): Command | undefined => {
  const held = modifiers(press);
  if (held === '') return ALONE[press.code];
  if (held === 'shift') return WITH_SHIFT[press.code];
  if (held === STEP[style]) return WITH_STEP[press.code];
  if (held === `${MAIN[style]}+shift`) return WITH_MAIN_AND_SHIFT[press.code];
  if (held !== MAIN[style]) return undefined;
  const digit = DIGIT.exec(press.code)?.[1];
  return digit === undefined ? WITH_MAIN[press.code] : { name: 'showChat', index: Number(digit) - 1 };
};

/** For tooltips and `aria-keyshortcuts`, in the form that ARIA asks for. */
export const ariaShortcut = (key: string, style: KeyboardStyle): string =>
  `${{ windowsOrLinux: 'Control', mac: 'Meta', browser: 'Alt+Shift' }[style]}+${key}`;
