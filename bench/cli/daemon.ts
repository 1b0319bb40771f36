import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectRpc, type CoreApi } from '@sotto/client/bridge';
import { lineChannel } from '@sotto/client/cli';

const PROGRAM = fileURLToPath(new URL('main.js', import.meta.resolve('@sotto/client/cli')));

/** The command line's daemon on its standard input and output, as a script would drive it. */
export interface Daemon {
  readonly core: CoreApi;
  readonly pid: number;
  stop(): Promise<void>;
}

export const startDaemon = (dataFolder: string, profile: string): Daemon => {
  const child = spawn(process.execPath, [PROGRAM, 'daemon', '--stdio', '--data', dataFolder, '--profile', profile], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.pid === undefined) throw new Error('the daemon did not start');
  const exited = once(child, 'exit');
  return {
    core: connectRpc(lineChannel(child.stdout, child.stdin)),
    pid: child.pid,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
};
