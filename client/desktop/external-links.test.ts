import { describe, expect, it } from '@jest/globals';
import { createLinkOpener } from './external-links.js';

const opened = async (address: string): Promise<string[]> => {
  const given: string[] = [];
  const open = createLinkOpener({ openExternal: async (url) => void given.push(url) });
  expect(await open(address)).toBe(given.length === 1);
  return given;
};

describe('the way out of the program', () => {
  it('is open for https', async () => {
    expect(await opened('https://example.org/a?b#c')).toEqual(['https://example.org/a?b#c']);
  });

  it.each([
    'http://example.org/',
    'file:///usr/bin/xcalc',
    'javascript:alert(1)',
    'data:text/html,hello',
    'smb://host/share',
    'ms-msdt:/id',
    'mailto:a@example.org',
    'app://sotto/index.html',
    'https://bank.example@evil.example/',
    'https://name:secret@evil.example/',
    'https://',
    'not an address',
    '',
    `https://example.org/${'a'.repeat(2_048)}`,
  ])('is closed for %.40s', async (address) => {
    expect(await opened(address)).toEqual([]);
  });
});
