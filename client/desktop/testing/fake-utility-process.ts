import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { transferred, type FakeMessagePortMain } from './fake-ports.js';

/** A folder from which bundles find the packages that they leave outside. */
const BUNDLES = fileURLToPath(new URL('../../../node_modules/.cache/sotto-utility-process', import.meta.url));

const bundles = new Map<string, string>();

/** A program and what it imports in one file of JavaScript, made from the sources as they are. */
const bundleOf = (source: string): string => {
  const known = bundles.get(source);
  if (known !== undefined) return known;
  const outfile = join(BUNDLES, String(process.pid), `${basename(source, '.ts')}.mjs`);
  buildSync({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['sotto-src'],
    external: ['@signalapp/*', 'argon2', 'libsodium-wrappers', 'ws'],
    logLevel: 'warning',
  });
  bundles.set(source, outfile);
  process.once('exit', () => rmSync(dirname(outfile), { recursive: true, force: true }));
  return outfile;
};

/** What goes between the processes: Node hands no port to another process, so that what goes over one goes by its number. */
export type ProcessNote =
  | { readonly kind: 'message'; readonly data: unknown; readonly ports: readonly number[] }
  | { readonly kind: 'port'; readonly id: number; readonly data: unknown }
  | { readonly kind: 'close'; readonly id: number };

/** A utility process, as a process of Node's with the program's real code in it. */
export class FakeUtilityProcess extends EventEmitter {
  readonly #child: ChildProcess;
  readonly #ports = new Map<number, FakeMessagePortMain>();
  #nextPort = 1;

  private constructor(modulePath: string, args: readonly string[]) {
    super();
    const ground = bundleOf(fileURLToPath(new URL('./utility-ground.ts', import.meta.url)));
    const program = pathToFileURL(bundleOf(modulePath.replace(/\.js$/, '.ts'))).href;
    this.#child = fork(ground, [program, ...args], { execArgv: [], serialization: 'advanced' });
    this.#child.once('spawn', () => this.emit('spawn'));
    this.#child.on('message', (note: ProcessNote) => this.#hear(note));
    this.#child.once('exit', (code) => {
      for (const port of this.#ports.values()) port.close();
      this.emit('exit', code ?? 1);
    });
  }

  static fork(modulePath: string, args: readonly string[] = [], _options: object = {}): FakeUtilityProcess {
    return new FakeUtilityProcess(modulePath, args);
  }

  postMessage(message: unknown, transfer: readonly FakeMessagePortMain[] = []): void {
    this.#say({ kind: 'message', data: message, ports: transfer.map((port) => this.#take(port)) });
  }

  kill(): boolean {
    return this.#child.kill();
  }

  #say(note: ProcessNote): void {
    if (this.#child.connected) this.#child.send(note, () => undefined);
  }

  #take(given: FakeMessagePortMain): number {
    const id = this.#nextPort++;
    const port = transferred(given);
    this.#ports.set(id, port);
    port.on('message', ({ data }: { readonly data: unknown }) => this.#say({ kind: 'port', id, data }));
    port.once('close', () => this.#say({ kind: 'close', id }));
    port.start();
    return id;
  }

  #hear(note: ProcessNote): void {
    switch (note.kind) {
      case 'message':
        this.emit('message', note.data);
        break;
      case 'port':
        this.#ports.get(note.id)?.postMessage(note.data);
        break;
      case 'close':
        this.#ports.get(note.id)?.close();
    }
  }
}
