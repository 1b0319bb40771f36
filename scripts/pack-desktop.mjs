// `npm run desktop:pack`: an installer of the desktop client for this system, after `npm run desktop:install`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'electron-builder';
import config from '../electron-builder.config.mjs';
import { stageDesktop } from './stage-desktop.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);
stageDesktop(join(root, 'client/dist/app'), `${process.platform}-${process.arch}`);
await build({ projectDir: root, config, publish: 'never' });
