import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

const MAPPED_IPV4 = '::ffff:';

/** The network that one household or host has: an IPv4 address, or the first half of an IPv6 one. */
const networkOf = (address: string): string => {
  if (address.startsWith(MAPPED_IPV4)) return address.slice(MAPPED_IPV4.length);
  if (!isIPv6(address)) return address;
  const [head = ''] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  return `${[...groups, '0', '0', '0', '0'].slice(0, 4).join(':')}::/64`;
};

/**
 * What limits count a caller by. Behind a proxy that is the last address in `X-Forwarded-For`, the one that the proxy itself
 * has written; whatever stands before it the caller has made up.
 */
export const remoteAddressOf = (request: IncomingMessage, behindTlsProxy: boolean): string => {
  const forwarded = behindTlsProxy ? request.headers['x-forwarded-for'] : undefined;
  const last = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded)?.split(',').at(-1)?.trim();
  return networkOf(last === undefined || last === '' ? (request.socket.remoteAddress ?? 'unknown') : last);
};
