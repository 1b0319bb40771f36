import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const programAt = (name: string): string => fileURLToPath(new URL(`../../${name}.ts`, import.meta.url));

/** The server as a process of its own, run from its sources. */
export interface ServerProcess {
  readonly pid: number;
  readonly output: { stdout: string; stderr: string };
  /** Exit code; `undefined` if a signal ended it. */
  readonly ended: Promise<number | undefined>;
  /** The address, once it listens; rejects if the process ends before. */
  listening(): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Ends the process with SIGKILL at the moment when it logs this event for the `count`th time. */
  killAt(event: string, count: number): void;
}

export const startServerProcess = (
  settings: Readonly<Record<string, string>>,
  program: 'main' | 'cluster' = 'main',
): ServerProcess => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=sotto-src', programAt(program)], {
    env: { PATH: process.env['PATH'], SOTTO_PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  let kill: { readonly event: string; left: number } | undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    const text = chunk.toString('utf8');
    output.stdout += text;
    if (kill === undefined) return;
    kill.left -= text.split(`"event":"${kill.event}"`).length - 1;
    if (kill.left <= 0) child.kill('SIGKILL');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString('utf8');
  });
  return {
    pid: child.pid ?? 0,
    output,
    ended: once(child, 'exit').then(([code]) => (code as number | null) ?? undefined),
    listening: async () => {
      for (;;) {
        const address = /"event":"sotto-server listening on (http:\/\/127\.0\.0\.1:\d+)"/.exec(output.stdout)?.[1];
        if (address !== undefined) return address;
        if (child.exitCode !== null) throw new Error(`The server ended before it listened: ${output.stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    signal: (signal) => void child.kill(signal),
    killAt: (event, count) => {
      kill = { event, left: count };
    },
  };
};
