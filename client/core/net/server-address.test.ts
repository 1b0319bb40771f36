import { describe, expect, it } from '@jest/globals';
import { parseServerAddress } from './server-address.js';

describe('parseServerAddress', () => {
  it.each([
    ['chat.example.org', 'https://chat.example.org'],
    ['  Chat.Example.ORG/ ', 'https://chat.example.org'],
    ['chat.example.org:8443', 'https://chat.example.org:8443'],
    ['https://chat.example.org:443/', 'https://chat.example.org'],
    ['HTTPS://chat.example.org', 'https://chat.example.org'],
    ['пример.рф', 'https://xn--e1afmkfd.xn--p1ai'],
    ['[2001:db8::1]:8443', 'https://[2001:db8::1]:8443'],
    ['localhost:4711', 'http://localhost:4711'],
    ['127.0.0.1:4711', 'http://127.0.0.1:4711'],
    ['127.1:4711', 'http://127.0.0.1:4711'],
    ['[::1]:4711', 'http://[::1]:4711'],
    ['http://127.8.9.10:80', 'http://127.8.9.10'],
    ['https://localhost:4711', 'https://localhost:4711'],
  ])('reads %s as %s', (typed, origin) => {
    expect(parseServerAddress(typed)).toEqual({ outcome: 'ok', origin });
  });

  it.each([
    '',
    '   ',
    'https://',
    'chat example org',
    'chat.example.org:99999',
    'chat.example.org:0',
    'ftp://chat.example.org',
    'file:///etc/passwd',
    'javascript://chat.example.org',
    'https://chat.example.org/elsewhere',
    'https://chat.example.org/?a=1',
    'https://chat.example.org/#a',
    'https://anna@chat.example.org',
    'https://anna:secret@chat.example.org',
    'chat.example.org@evil.example',
    'https://@chat.example.org',
    `${'a'.repeat(600)}.example.org`,
  ])('refuses %j', (typed) => {
    expect(parseServerAddress(typed)).toEqual({ outcome: 'badAddress' });
  });

  it.each([
    'http://chat.example.org',
    'http://192.168.1.2:4711',
    'http://128.0.0.1',
    'http://localhost.example.org',
    'http://127.0.0.1.example.org',
    'http://localhost.',
    'http://[::2]',
    'http://0.0.0.0',
  ])('refuses plain HTTP to %s', (typed) => {
    expect(parseServerAddress(typed)).toEqual({ outcome: 'insecureAddress' });
  });
});
