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
    // The one script that is started by address: the worker that reads codes.
    'trusted-types sotto-decoder',
  ].join('; ');

/** Where the built interface has the worker that reads codes in images. */
const DECODER_PATH = /^\/assets\/decoder-[A-Za-z0-9_-]+\.js$/;

/**
 * The worker that reads codes in images runs WebAssembly, which the page may not, and so has a policy of its own: it loads its
 * one file of WebAssembly and nothing else. `undefined` for every other file, which has the page's.
 */
export const policyOfFile = (path: string): string | undefined =>
  DECODER_PATH.test(path)
    ? "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-ancestors 'none'"
    : undefined;

/** What pages of ours may be granted, in the words of a `Permissions-Policy`: the camera, to read a code, and nothing else. */
export const PERMISSIONS_POLICY =
  'camera=(self), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), payment=()';

/** Content types by extension of everything that the built interface may consist of. */
export const PAGE_FILE_TYPES: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.wasm', 'application/wasm'],
]);
