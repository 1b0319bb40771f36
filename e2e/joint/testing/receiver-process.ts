import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { formatKillPoint, KILL_POINT_VARIABLE, type KillPoint } from '../../harness/kill-point.js';
import type { FromReceiver, ToReceiver } from './messages.js';

const PROGRAM = fileURLToPath(new URL('receiver.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** How a process ended: by its kill point, or because it was told to. */
export type ReceiverEnd = 'killed' | 'stopped';

/** The receiving program in a process of its own. */
export class ReceiverProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<ReceiverEnd>;

  constructor(onMessage: (message: FromReceiver) => void, killAt?: KillPoint) {
    this.#child = spawn(process.execPath, ['--conditions=sotto-src', '--import', 'tsx', PROGRAM], {
      cwd: ROOT,
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        [KILL_POINT_VARIABLE]: killAt === undefined ? '' : formatKillPoint(killAt),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdin, stdout } = this.#child;
    if (stdin === null || stdout === null) throw new Error('The receiving process has no pipes.');
    // A process that dies while it is being written to breaks the pipe.
    stdin.on('error', () => undefined);
    const exited = new Promise<ReceiverEnd>((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (code, signal) => {
        if (signal === 'SIGKILL') resolve('killed');
        else if (code === 0) resolve('stopped');
        else reject(new Error(`The receiving process ended with ${String(code ?? signal)}.`));
      });
    });
    const read = (async () => {
      for await (const line of createInterface({ input: stdout })) onMessage(JSON.parse(line));
    })();
    this.#ended = Promise.all([exited, read]).then(([end]) => end);
    this.#ended.catch(() => undefined);
  }

  say(message: ToReceiver): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** Resolves once the process is gone and everything that it said has been heard. */
  get ended(): Promise<ReceiverEnd> {
    return this.#ended;
  }

  stop(): Promise<ReceiverEnd> {
    this.#child.stdin?.end();
    return this.#ended;
  }
}
