import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { dialectOf } from '@sotto/migrations/dialect';
import { entitiesFor } from './entities/all.js';

const PAGE = readFileSync(new URL('../../docs/what-the-server-knows.md', import.meta.url), 'utf8');

/** The page by table: what is said of it as a whole, and of each column. */
const told = new Map(
  PAGE.split(/^## /m)
    .slice(1)
    .map((section) => {
      const [name = '', ...lines] = section.split('\n');
      const columns = lines.flatMap((line) => {
        const [, column, purpose] = /^\| `([a-z_]+)` +\| (.+?) +\|$/.exec(line) ?? [];
        return column === undefined || purpose === undefined ? [] : [[column, purpose] as const];
      });
      return [name.trim(), { text: lines.join('\n'), columns: new Map(columns) }];
    }),
);

const kept = new Map(
  entitiesFor(dialectOf('mysql')).map(({ options }) => [
    options.name,
    Object.values(options.columns).map((column) => (column as { readonly name: string }).name),
  ]),
);

describe('What the server knows about you', () => {
  it('tells of every table that there is, and of no other', () => {
    expect([...told.keys()].toSorted()).toEqual([...kept.keys()].toSorted());
  });

  it.each([...kept])('%s: every column with its purpose, and how long it is kept', (table, columns) => {
    const page = told.get(table);
    expect([...(page?.columns.keys() ?? [])].toSorted()).toEqual(columns.toSorted());
    for (const purpose of page?.columns.values() ?? []) expect(purpose.length).toBeGreaterThan(2);
    expect(page?.text).toMatch(/ Kept [^.]{5,}\./);
  });
});
