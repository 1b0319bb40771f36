import { describe, expect, it } from '@jest/globals';
import { lockfileProblems, type LockedPackage } from './lockfile-rules.mjs';

const integrity = 'sha512-AAAA';
const problems = (packages: Record<string, LockedPackage>, allowScripts: Record<string, boolean> = {}): string[] =>
  lockfileProblems({ packages }, allowScripts);

describe('lock file', () => {
  it('is whole when every package has a hash, no address, and its optional packages', () => {
    expect(
      problems(
        {
          '': {},
          server: {},
          'node_modules/@sotto/server': { link: true, resolved: 'server' },
          'node_modules/a': { integrity, optionalDependencies: { b: '1', c: '1' }, hasInstallScript: true },
          'node_modules/b': { integrity },
          'node_modules/a/node_modules/c': { integrity },
          'server/node_modules/@x/d': { integrity, optionalDependencies: { b: '1' } },
        },
        { a: false },
      ),
    ).toEqual([]);
  });

  it('names no registry', () => {
    expect(problems({ 'node_modules/a': { integrity, resolved: 'https://registry.example/a.tgz' } })).toEqual([
      expect.stringContaining('node_modules/a names where it came from'),
    ]);
  });

  it('pins every package by its hash', () => {
    expect(problems({ 'node_modules/a': {} })).toEqual(['node_modules/a has no integrity hash.']);
  });

  it('has the packages of every platform', () => {
    expect(
      problems({
        'node_modules/a': { integrity, optionalDependencies: { '@a/win32-x64': '1' } },
        'node_modules/b/node_modules/@a/win32-x64': { integrity },
      }),
    ).toEqual(['node_modules/a lacks its optional @a/win32-x64.']);
  });

  it('decides about every install script, and about nothing else', () => {
    const packages = { 'node_modules/@x/a': { integrity, hasInstallScript: true } };
    expect(problems(packages)).toEqual([expect.stringContaining('@x/a has an install script')]);
    expect(problems(packages, { '@x/a': true })).toEqual([expect.stringContaining('lets @x/a run a script')]);
    expect(problems({}, { gone: false })).toEqual([expect.stringContaining('names gone')]);
  });
});
