import { parseLinkHost, type LinkHost } from '@sotto/crypto';

/** A server's origin as link codes name it: without the scheme, which follows from the host. */
export const linkHostOf = (origin: string): LinkHost => {
  const host = parseLinkHost(new URL(origin).host);
  if (host === undefined) throw new Error('the origin of the server is no host that a code can name');
  return host;
};
