// eslint-disable-next-line @typescript-eslint/no-require-imports -- a sandboxed preload is CommonJS
import electron = require('electron');

// Runs beside the page in a world of its own. All it does is hand the page one port to the core: what the page may ask for is
// decided there. The page asks, since a port that comes before anybody listens would be lost. A sandboxed preload can load
// nothing but Electron, so the names of `bridge/desktop.ts` stand here again; a test holds them together.

const ATTACH_CHANNEL = 'sotto:attach';
const PAGE_MESSAGES = { ready: 'sotto.ready', port: 'sotto.port' };

/** What is used of the page's window; the rest of a browser is none of the preload's business. */
interface PageWindow {
  readonly location: { readonly origin: string };
  addEventListener(type: 'message', listener: (event: PageMessage) => void): void;
  postMessage(message: string, targetOrigin: string, ports: readonly unknown[]): void;
}

interface PageMessage {
  readonly data: unknown;
  readonly origin: string;
  readonly source: unknown;
}

declare const window: PageWindow;

window.addEventListener('message', ({ data, origin, source }) => {
  const isOurPage = source === window && origin === window.location.origin;
  if (isOurPage && data === PAGE_MESSAGES.ready) electron.ipcRenderer.send(ATTACH_CHANNEL);
});

electron.ipcRenderer.on(ATTACH_CHANNEL, (event) => {
  window.postMessage(PAGE_MESSAGES.port, window.location.origin, event.ports);
});
