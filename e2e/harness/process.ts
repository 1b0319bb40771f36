import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Clock ticks a second in /proc; 100 on every Linux that Node supports. */
const TICKS_PER_SECOND = 100;

/** CPU seconds (user and system) that processes have used so far, read from /proc. */
export const cpuSeconds = (pids: readonly number[]): number => {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The second field is the name in brackets and may hold spaces; what follows is fixed.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
};

/** Resident memory of a process in MiB, read from /proc. */
export const residentMiB = (pid: number): number => {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? '0') / 1_024;
};

/** Moves a running process with all its threads to one core; `false` where `taskset` is not there to do it. */
export const pinToCore = (pid: number, core: number): boolean =>
  spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]).status === 0;

export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What the ready line matched. */
  readonly ready: RegExpExecArray;
  /** SIGKILL; resolves once the process is gone. */
  kill(): Promise<void>;
  /** Resolves once the process is gone, however it went. */
  readonly exited: Promise<void>;
  /** SIGTERM, and SIGKILL where that does not help. */
  stop(): Promise<void>;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Matches the line of standard output that says the process is ready. */
  readonly ready: RegExp;
}

const STOP_TIMEOUT_MS = 10_000;

/** Starts a process of our own and waits for its ready line; `stop` ends it by its id. */
export const startProcess = async (command: Command): Promise<Started> => {
  const child = spawn(command.file, [...command.args], {
    env: { ...process.env, ...command.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command.file} ended with ${String(code)} before it was ready`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = command.ready.exec(line);
      if (match !== null) resolve(match);
    });
  });
  if (child.pid === undefined) throw new Error(`${command.file} has no process id`);
  return {
    child,
    pid: child.pid,
    ready,
    exited,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(killer);
    },
  };
};
