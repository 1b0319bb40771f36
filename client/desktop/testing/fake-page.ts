import { existsSync, readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';

type Listener = (event: unknown) => void;

/**
 * The `window` of a page and of the preload beside it: two worlds that share nothing but the messages that are posted here. A
 * message is dispatched later, as in a browser, to listeners that are there by then.
 */
export class PageWindow extends EventTarget {
  readonly location: { readonly origin: string; readonly protocol: string; readonly href: string };

  constructor(href: string) {
    super();
    const { protocol, host } = new URL(href);
    this.location = { origin: `${protocol}//${host}`, protocol, href };
  }

  postMessage(data: unknown, targetOrigin: string, ports: readonly unknown[] = []): void {
    if (targetOrigin !== this.location.origin && targetOrigin !== '*') return;
    const event = Object.assign(new Event('message'), { data, origin: this.location.origin, source: this, ports });
    setImmediate(() => this.dispatchEvent(event));
  }
}

/** What a page hears: the rest of an `EventTarget` is the same for both. */
export const onMessage = (page: PageWindow, listener: Listener): void => page.addEventListener('message', listener);

/** All that a sandboxed preload can load. */
const SANDBOXED_MODULES = ['events', 'timers', 'url'];

const readPreload = (path: string): string => {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  const source = readFileSync(path.replace(/\.cjs$/, '.cts'), 'utf8');
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 };
  return ts.transpileModule(source, { compilerOptions, fileName: 'preload.cts' }).outputText;
};

/** Runs the real preload in a world of its own, as a sandboxed renderer does. */
export const runPreload = (path: string, electron: object, page: PageWindow): void => {
  const load = (name: string): unknown => {
    if (name === 'electron') return electron;
    throw new Error(
      SANDBOXED_MODULES.includes(name) ? `${name} is not part of this fake` : `module not found: ${name}`,
    );
  };
  const exports = {};
  runInNewContext(readPreload(path), { window: page, require: load, exports, module: { exports } }, { filename: path });
};
