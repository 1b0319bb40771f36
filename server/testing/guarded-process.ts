import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A database server that belongs to one test run. */
export interface GuardedProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * The shell ends the program when its own standard input closes, which happens however the test process ends. No database server
 * outlives its tests, and none is ended but by its own process id.
 */
const GUARD = '"$@" & child=$!; echo $child; read -r _; kill $child 2>/dev/null; wait $child 2>/dev/null';

const READY_WITHIN_MS = 30_000;
const POLL_MS = 25;

/** Full path of a program; daemons lie in folders that an ordinary PATH leaves out. */
export const findProgram = (name: string): string | undefined => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/libexec'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
};

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  return address.port;
};

/** Runs a program to its end; its output is shown only if it fails. */
export const runToEnd = (program: string, parameters: readonly string[]): void => {
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ended with ${status ?? 'a signal'}\n${stdout}\n${stderr}`);
};

const firstLine = async (child: ChildProcess): Promise<string> => {
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer];
  // What the program itself says first may have come with it.
  return chunk.toString('utf8').split('\n', 1)[0]?.trim() ?? '';
};

/** Starts a program and waits until `isReady` no longer rejects. */
export const startGuarded = async (
  program: string,
  parameters: readonly string[],
  isReady: () => Promise<void>,
): Promise<GuardedProcess> => {
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', program, ...parameters], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const log: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString('utf8')));
  const pid = Number(await firstLine(child));
  child.stdout.resume();
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };
  const isRunning = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      await isReady();
      return { pid, stop };
    } catch (error) {
      if (isRunning() && Date.now() < deadline) await pause(POLL_MS);
      else {
        await stop();
        throw new Error(`${program} did not become ready\n${log.join('')}`, { cause: error });
      }
    }
  }
};
