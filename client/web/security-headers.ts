import { contentSecurityPolicy, PERMISSIONS_POLICY } from '@sotto/client/bridge';

/** For every answer, errors too. `authority` is the host's own `127.0.0.1:PORT`. */
export const securityHeaders = (authority: string): Readonly<Record<string, string>> => ({
  // Not every browser counts the socket as the same origin, so it is named.
  'Content-Security-Policy': contentSecurityPolicy(`'self' ws://${authority}`),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Permissions-Policy': PERMISSIONS_POLICY,
});
