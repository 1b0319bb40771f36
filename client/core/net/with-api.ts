import { AnonymousRest } from './anonymous-rest.js';
import { HttpTransport } from './http-transport.js';
import type { AnonymousApi } from './types.js';

/** Asks a server over connections that end with the asking. */
export const withApi = async <T>(origin: string, ask: (api: AnonymousApi) => Promise<T>): Promise<T> => {
  const transport = new HttpTransport(origin);
  try {
    return await ask(new AnonymousRest(transport));
  } finally {
    transport.close();
  }
};
