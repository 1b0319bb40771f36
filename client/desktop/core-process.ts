import { createCore } from '../core/index.js';
import { CoreArguments } from './core-messages.js';
import { runCoreHost } from './core-host.js';

// The program of the core's own process, started by the main process (`core-link.ts`).
runCoreHost({
  parentPort: process.parentPort,
  args: CoreArguments.parse(JSON.parse(process.argv[2] ?? '')),
  openCore: async (profileFolder, keychain) => {
    const core = await createCore({
      profileFolder,
      keyVault: keychain && {
        seal: async (secret) =>
          new Uint8Array(Buffer.from(await keychain.seal(Buffer.from(secret).toString('base64')), 'base64')),
        open: async (sealed) => {
          const opened = await keychain.open(Buffer.from(sealed).toString('base64'));
          return opened === undefined ? undefined : new Uint8Array(Buffer.from(opened, 'base64'));
        },
      },
    });
    return {
      call: (method, params) => core.call(method, params),
      subscribe: (listener) => core.subscribe(listener),
      stop: () => core.stop(),
      get unprotected() {
        return core.keyProtection === 'keyFile';
      },
    };
  },
  complain: (line) => void process.stderr.write(`${line}\n`),
  exit: () => process.exit(0),
});
// Ctrl-C in a terminal reaches every process of the program: the main process asks this one to stop when it is time.
process.on('SIGINT', () => undefined);
