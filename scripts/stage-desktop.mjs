// Lays out what the desktop client consists of, below client/dist/app: the programs in one file each, the interface, and the
// packages with native code, of which only the binaries of the platform that is packed for.
import { buildSync } from 'esbuild';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const NATIVE = ['@signalapp/libsignal-client', '@signalapp/sqlcipher', 'argon2'];
/** What those need beside themselves. */
const BESIDE = ['node-gyp-build', '@phc/format'];

/** @param {string} from @param {string} to @param {string} prebuild like `linux-x64` */
const copyPackage = (from, to, prebuild) =>
  cpSync(from, to, {
    recursive: true,
    filter: (path) => {
      const parts = relative(from, path).split(sep);
      return parts[0] !== 'prebuilds' || parts[1] === undefined || parts[1] === prebuild;
    },
  });

/** @param {string} app @param {string} prebuild */
export const stageDesktop = (app, prebuild) => {
  rmSync(app, { recursive: true, force: true });
  mkdirSync(join(app, 'desktop'), { recursive: true });
  buildSync({
    entryPoints: ['main', 'core-process'].map((name) => join(root, 'client/dist/desktop', `${name}.js`)),
    outdir: join(app, 'desktop'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    external: ['electron', ...NATIVE],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    legalComments: 'linked',
    logLevel: 'warning',
  });
  const preload = join(root, 'client/dist/desktop/preload/preload.cjs');
  cpSync(preload, join(app, 'desktop', basename(dirname(preload)), basename(preload)));
  cpSync(join(root, 'client/dist/ui'), join(app, 'ui'), { recursive: true });
  for (const name of [...NATIVE, ...BESIDE])
    copyPackage(join(root, 'node_modules', name), join(app, 'node_modules', name), prebuild);
  const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const manifest = { name: 'sotto', productName: 'Sotto', version, license, type: 'module', main: 'desktop/main.js' };
  writeFileSync(join(app, 'package.json'), JSON.stringify({ ...manifest, author: 'The Sotto authors' }));
};
