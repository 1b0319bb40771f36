import { EventEmitter } from 'node:events';
import { preventable } from './fake-app.js';

type RequestHandler = (
  contents: unknown,
  permission: string,
  answer: (granted: boolean) => void,
  details: { readonly mediaTypes?: readonly string[] },
) => void;
type CheckHandler = (
  contents: unknown,
  permission: string,
  origin: string,
  details: { readonly mediaType?: string },
) => boolean;
type BeforeRequest = (details: { readonly url: string }, answer: (verdict: { cancel?: boolean }) => void) => void;

/** What Chromium does when a page asks for something. Electron grants what no handler refuses, and so does this. */
export class SessionLocks {
  readonly #session: EventEmitter;
  onRequest: RequestHandler = (_contents, _permission, answer) => answer(true);
  onCheck: CheckHandler = () => true;
  onDevice: () => boolean = () => true;
  onBeforeRequest: BeforeRequest = (_details, answer) => answer({});
  spellChecker = true;

  constructor(session: EventEmitter) {
    this.#session = session;
  }

  requestPermission(contents: unknown, permission: string, ...mediaTypes: readonly string[]): Promise<boolean> {
    return new Promise((resolve) => this.onRequest(contents, permission, resolve, { mediaTypes }));
  }

  /** Whether a request for this address leaves the page. */
  lets(url: string): Promise<boolean> {
    return new Promise((resolve) => this.onBeforeRequest({ url }, ({ cancel }) => resolve(cancel !== true)));
  }

  downloads(url: string): boolean {
    const event = preventable({});
    this.#session.emit('will-download', event, { getURL: () => url });
    return !event.defaultPrevented;
  }
}

export const createFakeSession = () => {
  const session = new EventEmitter();
  const locks = new SessionLocks(session);
  Object.assign(session, {
    setPermissionRequestHandler: (handler: RequestHandler) => void (locks.onRequest = handler),
    setPermissionCheckHandler: (handler: CheckHandler) => void (locks.onCheck = handler),
    setDevicePermissionHandler: (handler: () => boolean) => void (locks.onDevice = handler),
    setSpellCheckerEnabled: (enable: boolean) => void (locks.spellChecker = enable),
    webRequest: { onBeforeRequest: (listener: BeforeRequest) => void (locks.onBeforeRequest = listener) },
  });
  return { session, locks };
};
