import type { App, Session, WebContents } from 'electron';
import { PAGE_ORIGIN, PAGE_SCHEME } from './window-page.js';

const isOurs = (url: string): boolean => URL.canParse(url) && url.startsWith(`${PAGE_ORIGIN}/`);

/** Our page may copy a text, and look through the camera for a code; it never hears anything. */
const isGranted = (permission: string, origin: string, media: readonly (string | undefined)[] = []): boolean => {
  if (origin !== PAGE_ORIGIN && origin !== `${PAGE_ORIGIN}/`) return false;
  if (permission === 'media') return media.length > 0 && media.every((kind) => kind === 'video');
  return permission === 'clipboard-sanitized-write';
};

/** A backup that the page itself has put together to be saved: a blob of our origin, which came from nowhere else. */
const isOurBlob = (url: string): boolean => url.startsWith(`blob:${PAGE_ORIGIN}/`);

/** Nothing that runs in a window gets a power that the window does not need, and nothing leaves it by the network. */
export const lockSession = (session: Session): void => {
  session.setPermissionRequestHandler((contents, permission, answer, details) => {
    const media = 'mediaTypes' in details ? details.mediaTypes : undefined;
    answer(isOurs(contents.getURL()) && isGranted(permission, PAGE_ORIGIN, media));
  });
  session.setPermissionCheckHandler((_, permission, origin, { mediaType }) =>
    isGranted(permission, origin, [mediaType]),
  );
  session.setDevicePermissionHandler(() => false);
  // The spell checker would fetch its dictionaries from elsewhere.
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    const { protocol } = new URL(url);
    answer({ cancel: protocol !== `${PAGE_SCHEME}:` && protocol !== 'devtools:' && !isOurBlob(url) });
  });
  session.on('will-download', (event, item) => {
    if (!isOurBlob(item.getURL())) event.preventDefault();
  });
};

const lockContents = (contents: WebContents, openLink: (address: string) => Promise<boolean>): void => {
  const stay = (event: { preventDefault: () => void; readonly url: string }): void => {
    if (!isOurs(event.url)) event.preventDefault();
  };
  contents.on('will-navigate', stay);
  contents.on('will-frame-navigate', stay);
  contents.on('will-redirect', stay);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    void openLink(url);
    return { action: 'deny' };
  });
};

/** Every page that ever comes to be stays where it is and opens nothing. */
export const lockApp = (app: Pick<App, 'on'>, openLink: (address: string) => Promise<boolean>): void => {
  app.on('web-contents-created', (_, contents) => lockContents(contents, openLink));
};
