import { spawn, type ChildProcess } from 'node:child_process';
import { connectRpc, type CoreApi, type CoreEvent } from '@sotto/client/bridge';
import { lineChannel } from '@sotto/client/cli';
import { builtProgram } from './built-program.js';
import { formatKillPoint, KILL_POINT_VARIABLE, type KillPoint } from './kill-point.js';

const PROGRAM = builtProgram('client-program.js');

export interface ClientProcessOptions {
  /** The profile, kept from one process to the next. */
  readonly profileFolder: string;
  readonly killAt?: KillPoint;
}

/** A client core in a process of its own, spoken to over the JSON-RPC that the daemon speaks. */
export interface ClientProcess {
  readonly core: CoreApi;
  readonly pid: number;
  /** Every event since the process started. */
  readonly events: readonly CoreEvent[];
  readonly exited: Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const exitOf = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('exit', () => resolve()));

export const startClientProcess = ({ profileFolder, killAt }: ClientProcessOptions): ClientProcess => {
  const child = spawn(process.execPath, [PROGRAM, profileFolder], {
    env: { ...process.env, [KILL_POINT_VARIABLE]: killAt === undefined ? '' : formatKillPoint(killAt) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = exitOf(child);
  const channel = lineChannel(child.stdout, child.stdin);
  // A process that is killed in the middle of a call breaks the pipe under it.
  child.stdin.on('error', () => undefined);
  const core = connectRpc(channel);
  const events: CoreEvent[] = [];
  core.subscribe((event) => events.push(event));
  if (child.pid === undefined) throw new Error('the client process did not start');
  return {
    core,
    pid: child.pid,
    events,
    exited,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
};
