import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MIGRATIONS } from './index.js';

const FOLDER = import.meta.dirname;

// Line ends do not count: a checkout may have its own.
const checksum = (file: string): string =>
  createHash('sha256')
    .update(readFileSync(join(FOLDER, file), 'utf8').replaceAll('\r\n', '\n'))
    .digest('hex');

const locked = JSON.parse(readFileSync(join(FOLDER, 'checksums.json'), 'utf8')) as Record<string, string>;
const frozenFiles = ['dialect.ts', ...readdirSync(FOLDER).filter((file) => /^\d{4}-.*\.ts$/.test(file))].toSorted();

describe('frozen migrations', () => {
  it.each(frozenFiles)('%s is as it was when it was locked', (file) => {
    // If it is new: add this line to checksums.json. If it is old: databases have run it as it was; write a new migration instead.
    expect({ [file]: checksum(file) }).toEqual({ [file]: locked[file] });
  });

  it('locks exactly the files that exist', () => {
    expect(Object.keys(locked).toSorted()).toEqual(frozenFiles);
  });

  it('lists every migration once, in the order of file and timestamp', () => {
    const names = MIGRATIONS.map((Migration) => new Migration().name);
    expect(names).toHaveLength(frozenFiles.length - 1);
    expect(MIGRATIONS.map((Migration) => Migration.name)).toEqual(names);
    const timestamps = names.map((name) => Number(name.slice(-13)));
    expect(timestamps).toEqual([...new Set(timestamps)].toSorted((a, b) => a - b));
  });

  it.each(frozenFiles)('%s imports nothing of ours but the dialect', (file) => {
    const imports = [...readFileSync(join(FOLDER, file), 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from);
    expect(imports.filter((from) => from !== 'typeorm' && from !== './dialect.js')).toEqual([]);
  });
});
