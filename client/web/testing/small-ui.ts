import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A built interface of a few files, and a file beside it that must never be served. */
export const makeSmallUi = (): { readonly folder: string; readonly remove: () => void } => {
  const root = mkdtempSync(join(tmpdir(), 'sotto-web-'));
  const folder = join(root, 'ui');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(root, 'secret.js'), 'outside');
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Sotto</title>');
  writeFileSync(join(folder, 'assets', 'index-1.js'), 'export {};');
  writeFileSync(join(folder, 'assets', 'decoder-1.js'), 'export {};');
  writeFileSync(join(folder, 'assets', 'reader-1.wasm'), '');
  writeFileSync(join(folder, 'assets', 'index-1.css'), 'body { margin: 0; }');
  return { folder, remove: () => rmSync(root, { recursive: true, force: true }) };
};
