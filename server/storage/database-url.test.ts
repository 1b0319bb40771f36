import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseDatabaseUrl } from './database-url.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

describe('the address of a database', () => {
  it('reads the embedded form', () => {
    expect(parseDatabaseUrl('embedded:/var/lib/sotto')).toEqual({ kind: 'embedded', folder: '/var/lib/sotto' });
    expect(parseDatabaseUrl('embedded:data')).toEqual({ kind: 'embedded', folder: resolve('data') });
  });

  it('reads the MySQL form', () => {
    expect(parseDatabaseUrl('mysql://so%40tto:p%2Fw@db.example:3307/chat?tls=verify')).toEqual({
      kind: 'mysql',
      host: 'db.example',
      port: 3307,
      user: 'so@tto',
      password: 'p/w',
      database: 'chat',
      tls: true,
    });
    expect(parseDatabaseUrl('mysql://sotto@[::1]/chat')).toMatchObject({
      host: '::1',
      port: 3306,
      password: '',
      tls: false,
    });
  });

  it.each([
    '',
    'embedded:',
    'sotto.db',
    'postgres://u:canary@h/d',
    'mysql://u:canary@h',
    'mysql://u:canary@h/bad name',
    'mysql://:canary@h/d',
    'mysql://u:canary@h/d?tls=off',
    'mysql://u:canary@h/d?multipleStatements=true',
    'mysql://u:canary@h:99999/d',
  ])('refuses %j with words, and without the password', (text) => {
    const read = () => parseDatabaseUrl(text);
    expect(read).toThrow(UnusableDatabaseError);
    expect(read).toThrow(/Set it to embedded:/);
    expect(read).not.toThrow(/canary/);
  });
});
