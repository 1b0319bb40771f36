/**
 * What a peer wrote, made safe for a terminal: control characters (escape sequences could retitle the window, hide text or
 * answer in the person's name) and bidirectional overrides are shown as visible marks. Line breaks stay.
 */
export const terminalText = (text: string): string =>
  text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/g, (character) =>
    character === '\t' ? ' ' : `\\u{${character.charCodeAt(0).toString(16)}}`,
  );
