import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

const MAPPED_IPV4 = '::ffff:';

const groupsOf = (text: string): string[] =>
  text
    .split(':')
    .filter((group) => group !== '')
    // An IPv4 address at the end stands for two groups.
    .flatMap((group) => (group.includes('.') ? ['v4', 'v4'] : [Number.parseInt(group, 16).toString(16)]));

/** The network that one household or host has: an IPv4 address, or the first half of an IPv6 one. */
const networkOf = (address: string): string => {
  if (address.startsWith(MAPPED_IPV4)) return address.slice(MAPPED_IPV4.length);
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('%', 1)[0]?.split('::') ?? [];
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
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

/** Did this request reach the proxy without TLS? Then whatever secret is in it has been read on the way already. */
export const cameInTheClear = (request: IncomingMessage, behindTlsProxy: boolean): boolean => {
  const protocol = request.headers['x-forwarded-proto'];
  return behindTlsProxy && protocol !== undefined && protocol !== 'https';
};
