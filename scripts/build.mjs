// Builds what is not up to date: TypeScript by project references, then the interface. Quick when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} script @param {string[]} args */
const run = (script, args) => {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
};

/** @param {string} folder @returns {number} when the newest file in it changed, in milliseconds */
const newest = (folder) => {
  let latest = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return latest;
};

const interfaceIsStale = () => {
  try {
    const built = statSync(join(root, 'client/dist/ui/index.html')).mtimeMs;
    return ['client/ui', 'client/bridge', 'client/decoding'].some((folder) => newest(join(root, folder)) > built);
  } catch {
    return true;
  }
};

run('typescript/bin/tsc', ['-b']);
if (interfaceIsStale() || process.argv.includes('--force')) {
  run('vite/bin/vite.js', ['build', '--config', 'client/ui/vite.config.ts', '--logLevel', 'warn']);
}
