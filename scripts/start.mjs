// `npm start`: the server on its embedded database and a client, until Ctrl-C. `npm run client` (start.mjs --client-only):
// a client alone, beside a server that runs already. Downloads nothing.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

const usage = `Usage: npm start -- [OPTIONS]        server and client
       npm run client -- [OPTIONS]   client alone

  --data DIR            folder for everything (default: ~/.sotto)
  --profile NAME        which account of this computer (default: default)
  --server ADDRESS      server that a new account is made on (default: the one started here)
  --port N              port of the browser client (default: any free one)
  --browser             the browser client even where the desktop client is installed
  --passphrase-file F   passphrase of a profile that has one
`;

const readOptions = () => {
  try {
    return parseArgs({
      options: {
        'client-only': { type: 'boolean', default: false },
        data: { type: 'string', default: join(homedir(), '.sotto') },
        profile: { type: 'string', default: 'default' },
        server: { type: 'string' },
        port: { type: 'string' },
        browser: { type: 'boolean', default: false },
        'passphrase-file': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
};

const options = readOptions();
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}

const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);

const data = resolve(options.data);
/** @typedef {import('node:child_process').ChildProcessByStdio<import('node:stream').Writable, import('node:stream').Readable, null>} Child */

/** @type {{ child: Child, ended: Promise<unknown> }[]} */
const children = [];
let stopping = false;

/** @param {number} code */
const stop = (code) => {
  if (stopping) return;
  stopping = true;
  for (const { child } of children) child.kill('SIGTERM');
  void Promise.all(children.map(({ ended }) => ended)).then(() => process.exit(code));
};

/**
 * A group of its own, so that Ctrl-C in the terminal reaches this program first and each child is asked to stop once.
 *
 * @param {string} name
 * @param {string} file
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Child}
 */
const start = (name, file, args, env = {}) => {
  const child = spawn(file, args, {
    cwd: root,
    detached: process.platform !== 'win32',
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolveEnded) => child.once('close', resolveEnded));
  child.once('exit', (code) => {
    if (!stopping && code === 0 && name === 'window') stop(0);
    else if (!stopping) {
      process.stderr.write(`The ${name} ended by itself (${code ?? 'signal'}).\n`);
      stop(1);
    }
  });
  children.push({ child, ended });
  return child;
};

/**
 * @param {Child} child
 * @param {RegExp} pattern with one group
 * @returns {Promise<string>} what the group holds in the first output that fits
 */
const line = (child, pattern) =>
  new Promise((resolveLine) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text = (text + chunk).slice(-65_536);
      const match = pattern.exec(text);
      if (match?.[1] !== undefined) resolveLine(match[1]);
    });
  });

const electronBinary = () => {
  const folder = join(root, 'node_modules/electron');
  const pathFile = join(folder, 'path.txt');
  if (options.browser || !existsSync(pathFile)) return undefined;
  const hasDisplay = process.platform !== 'linux' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  return hasDisplay ? join(folder, 'dist', readFileSync(pathFile, 'utf8')) : undefined;
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));

let server = options.server;
if (!options['client-only']) {
  const child = start('server', process.execPath, [join(root, 'server/dist/main.js')], {
    SOTTO_DATA: join(data, 'server'),
    SOTTO_LOG_LEVEL: process.env['SOTTO_LOG_LEVEL'] ?? 'warn',
  });
  const address = await line(child, /listening on (http:\/\/[^\s"]+)/);
  process.stdout.write(`Sotto server: ${address}\n`);
  server ??= address;
}
server ??= `http://127.0.0.1:${process.env['SOTTO_PORT'] ?? '8787'}`;

const clientArgs = ['--data', join(data, 'profiles'), '--profile', options.profile, '--server', server];
if (options['passphrase-file']) clientArgs.push('--passphrase-file', options['passphrase-file']);
const electron = electronBinary();
if (electron === undefined) {
  if (options.port) clientArgs.push('--port', options.port);
  const client = start('client', process.execPath, [join(root, 'client/dist/web/main.js'), ...clientArgs]);
  const address = await line(client, /(http:\/\/127\.0\.0\.1:\S+)/);
  process.stdout.write(`Open this in a browser on this computer, once: ${address}\n`);
  process.stdout.write('Press Enter for another address, for another window.\n');
  client.stdout.pipe(process.stdout);
  process.stdin.on('data', (typed) => client.stdin.write(typed));
  process.stdin.unref?.();
} else {
  // Closing the window ends everything. Where it cannot open (no display after all, no user namespaces), there is the browser.
  const main = join(root, 'client/dist/desktop/main.js');
  const client = start('window', electron, [main, ...clientArgs], { ELECTRON_RUN_AS_NODE: undefined });
  client.stdout.pipe(process.stdout);
  client.once('exit', (code) => {
    if (code !== 0) process.stderr.write('"npm start -- --browser" starts the browser client instead.\n');
  });
}
process.stdout.write(`Everything is kept in ${data}. Ctrl-C stops.\n`);
