// `npm run admin -- COMMAND`: the operator's command line, built first where it has never been.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = new URL('../server/dist/admin/main.js', import.meta.url);

if (!existsSync(program)) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('build.mjs', import.meta.url))], {
    // Standard output belongs to the command's own answer.
    stdio: ['ignore', process.stderr, 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}
await import(program.href);
