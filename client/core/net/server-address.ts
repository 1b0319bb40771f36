/** What a person may type is longer than any address that can be reached. */
const ADDRESS_LENGTH_MOST = 512;

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const LOOPBACK_V4 = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

export type ParsedServerAddress =
  | { readonly outcome: 'ok'; readonly origin: string }
  /** Nothing that names a server. */
  | { readonly outcome: 'badAddress' }
  /** Plain HTTP to another machine: whoever sits between would see tokens. */
  | { readonly outcome: 'insecureAddress' };

/** `hostname` as `URL` gives it: lower case, IPv4 in dotted form whatever was typed, IPv6 in brackets. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || LOOPBACK_V4.test(hostname);

const parseUrl = (text: string): URL | undefined => {
  if (SCHEME.test(text)) return URL.canParse(text) ? new URL(text) : undefined;
  const secure = `https://${text}`;
  if (!URL.canParse(secure)) return undefined;
  // A server on this machine has no certificate that anybody would issue.
  return new URL(isLoopback(new URL(secure).hostname) ? `http://${text}` : secure);
};

const namesOnlyAServer = (url: URL): boolean =>
  (url.protocol === 'https:' || url.protocol === 'http:') &&
  url.port !== '0' &&
  url.pathname === '/' &&
  url.search === '' &&
  url.hash === '';

/**
 * Reads a server's address as people write it: `chat.example.org`, `chat.example.org:8443`, `https://chat.example.org/`,
 * `127.0.0.1:4711`. The origin that comes out is the one spelling under which a server is pinned.
 */
export const parseServerAddress = (typed: string): ParsedServerAddress => {
  const text = typed.trim();
  if (text.length === 0 || text.length > ADDRESS_LENGTH_MOST) return { outcome: 'badAddress' };
  const url = parseUrl(text);
  // A name and password before the host make `https://chat.example.org@evil.example` look like the server that it is not.
  if (url === undefined || text.includes('@') || !namesOnlyAServer(url)) return { outcome: 'badAddress' };
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) return { outcome: 'insecureAddress' };
  return { outcome: 'ok', origin: url.origin };
};
