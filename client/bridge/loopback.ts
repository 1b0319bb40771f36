import { z } from 'zod';
import { HostGreeting } from './page-host.js';

/**
 * The WebSocket on this machine between a page and the program that serves it. The page proves itself by a token in the list of
 * subprotocols, the one place in a browser's handshake that a page can fill and that no log, history or `Referer` keeps.
 */
export const LOOPBACK_PATH = '/bridge';
export const LOOPBACK_PROTOCOL = 'sotto.bridge.1';

/** `once`: from the printed address, good for one attachment. `session`: what that attachment was given, for reloads. */
export type LoopbackTokenKind = 'once' | 'session';

/** 256 random bits in base64url. */
const TOKEN_PROTOCOL = /^sotto\.(once|session)\.([A-Za-z0-9_-]{43})$/;

export const loopbackTokenProtocol = (kind: LoopbackTokenKind, token: string): string => `sotto.${kind}.${token}`;

/** The token among the subprotocols that a page offers; `undefined` where there is none, or more than one. */
export const parseLoopbackToken = (
  offered: Iterable<string>,
): { readonly kind: LoopbackTokenKind; readonly token: string } | undefined => {
  const found = [...offered].flatMap((protocol) => TOKEN_PROTOCOL.exec(protocol) ?? []);
  const [, kind, token] = found;
  if (found.length !== 3 || token === undefined || (kind !== 'once' && kind !== 'session')) return undefined;
  return { kind, token };
};

/** The host's first message; JSON-RPC follows. */
export const LoopbackGreeting = HostGreeting.extend({
  /** Proves this window when it comes back. */
  session: z.string().length(43),
});
export type LoopbackGreeting = z.infer<typeof LoopbackGreeting>;
