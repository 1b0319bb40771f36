#!/usr/bin/env node
import { createCore } from '../core/index.js';
import { runProgram } from './program.js';

const ended = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      resolve();
    });
  }
});

// The core's own timers let a process end; while a command waits for a server that is away, nothing else would keep it.
const staying = setInterval(() => undefined, 2 ** 30);

process.exitCode = await runProgram(process.argv.slice(2), {
  terminal: { input: process.stdin, output: process.stdout, errorOutput: process.stderr },
  ended,
  openCore: async (profileFolder) => {
    const core = await createCore({ profileFolder });
    if (core.keyProtection === 'keyFile' && process.stderr.isTTY) {
      process.stderr.write(
        'The key of this profile lies in a file beside it. "sotto passphrase" puts it under a passphrase.\n',
      );
    }
    return { core, stop: () => core.stop() };
  },
});
clearInterval(staying);
// A terminal that was read from would keep the process.
process.stdin.destroy();
