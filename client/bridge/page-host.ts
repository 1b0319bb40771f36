import { z } from 'zod';

/** What every host of the interface, browser or desktop, tells its page at the beginning. */
export const HostGreeting = z.strictObject({
  /** The server that the first start proposes; empty for none. */
  defaultServer: z.string().max(512),
  /** The key to the chats lies in a file beside them: whoever copies the profile can read it. */
  unprotected: z.boolean(),
});
export type HostGreeting = z.infer<typeof HostGreeting>;

/** What the page may load and do, in the words of a `Content-Security-Policy`; `connect` are the sources that it may talk to. */
export const contentSecurityPolicy = (connect: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    `connect-src ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

/** What no page of ours is ever asked for, in the words of a `Permissions-Policy`. */
export const PERMISSIONS_POLICY =
  'camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), payment=()';

/** Content types by extension of everything that the built interface may consist of. */
export const PAGE_FILE_TYPES: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);
