import { describe, expect, it } from '@jest/globals';
import { catalogueProblems, textFindings } from './text-rules.mjs';

const found = (text: string): string[] => textFindings(text).map(({ rule, line }) => `${line} ${rule.name}`);

describe('text rules', () => {
  it.each(['TO' + 'DO: later', '// FIX' + 'ME', 'X'.repeat(3)])('refuse unfinished work: %s', (text) => {
    expect(found(`one\n${text}`)).toEqual(['2 unfinished']);
  });

  it.each([
    'cd /' + 'home/anna/sotto',
    "const file = '/" + "tmp/x.sock';",
    'see /' + 'root/notes.md',
    'C:' + '\\Users\\anna',
    '(/' + 'work/main)',
  ])('refuse a path of one machine: %s', (text) => {
    expect(found(text)).toEqual(['1 machine-path']);
  });

  it.each([
    '// eslint-' + 'disable-next-line no-console',
    '/* eslint-' + 'disable */',
    '// eslint-' + 'disable-line -- because',
  ])('refuse a disable comment without rule or reason: %s', (text) => {
    expect(found(text)).toEqual(['1 unexplained-disable']);
  });

  it.each([
    '// eslint-disable-next-line no-console -- the terminal is the output',
    'the comment eslint-disable switches a rule off',
    'https://example.org/home/page',
    'src/tmp/file',
    '${root}/work/x',
    'toDo',
    'METHODTODO',
    '../tmp/x',
    '/homework',
  ])('let pass: %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('catalogues', () => {
  it('are alike when keys and arguments are', () => {
    expect(catalogueProblems({ chat: { empty: 'Nothing, {name}' } }, { 'chat.empty': '{ name }, пусто' })).toEqual([]);
    expect(
      catalogueProblems(
        { unread: '{count, plural, one {# message} other {# messages}}' },
        { unread: '{count, plural, one {# сообщение} few {# сообщения} other {# сообщений}}' },
      ),
    ).toEqual([]);
  });

  it.each([
    [{ a: 'A' }, {}, '"a" is missing from the second catalogue'],
    [{}, { b: { c: 'C' } }, '"b.c" is missing from the first catalogue'],
    [{ a: 'A' }, { a: ' ' }, '"a" is empty'],
    [{ a: 'Hello {name}' }, { a: 'Привет {imya}' }, '"a" takes other arguments in the second catalogue'],
  ])('differ: %j and %j', (first, second, problem) => {
    expect(catalogueProblems(first as never, second as never)).toEqual([problem]);
  });
});
