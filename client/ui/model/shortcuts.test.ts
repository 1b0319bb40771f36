import { describe, expect, it } from '@jest/globals';
import { ariaShortcut, commandOf, type KeyPress, type KeyboardStyle } from './shortcuts.js';

const press = (code: string, ...held: ('ctrl' | 'meta' | 'alt' | 'shift')[]): KeyPress => ({
  code,
  ctrlKey: held.includes('ctrl'),
  metaKey: held.includes('meta'),
  altKey: held.includes('alt'),
  shiftKey: held.includes('shift'),
});

describe('commandOf', () => {
  it.each([
    ['windowsOrLinux', press('KeyN', 'ctrl'), { name: 'newChat' }],
    ['windowsOrLinux', press('Comma', 'ctrl'), { name: 'settings' }],
    ['windowsOrLinux', press('Digit3', 'ctrl'), { name: 'showChat', index: 2 }],
    ['windowsOrLinux', press('ArrowDown', 'alt'), { name: 'nextChat' }],
    ['windowsOrLinux', press('KeyN', 'ctrl', 'shift'), undefined],
    ['windowsOrLinux', press('KeyN'), undefined],
    ['windowsOrLinux', press('F6'), { name: 'nextPane' }],
    ['windowsOrLinux', press('F6', 'shift'), { name: 'previousPane' }],
    ['windowsOrLinux', press('F6', 'ctrl'), undefined],
    ['mac', press('KeyN', 'meta'), { name: 'newChat' }],
    ['mac', press('KeyN', 'ctrl'), undefined],
    ['mac', press('ArrowUp', 'meta', 'alt'), { name: 'previousChat' }],
    // A browser keeps Ctrl+N and Ctrl+1 to itself.
    ['browser', press('KeyN', 'ctrl'), undefined],
    ['browser', press('KeyN', 'alt', 'shift'), { name: 'newChat' }],
    ['browser', press('Digit1', 'alt', 'shift'), { name: 'showChat', index: 0 }],
    ['browser', press('ArrowDown', 'alt'), { name: 'nextChat' }],
    ['browser', press('Digit0', 'alt', 'shift'), undefined],
  ] as [KeyboardStyle, KeyPress, unknown][])('on %s: %j is %j', (style, keys, command) => {
    expect(commandOf(keys, style)).toEqual(command);
  });

  it('tells shortcuts in the words of ARIA', () => {
    expect((['windowsOrLinux', 'mac', 'browser'] as const).map((style) => ariaShortcut('N', style))).toEqual([
      'Control+N',
      'Meta+N',
      'Alt+Shift+N',
    ]);
  });
});
