import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { CoreApi } from '@sotto/client/bridge';
import { BridgeServer } from './bridge-server.js';
import { builtUiFolder } from './built-ui.js';
import { servePage } from './page-server.js';
import { TokenBook } from './token-book.js';
import { loadUiFiles } from './ui-files.js';

const HOST = '127.0.0.1';

export interface WebHostOptions {
  readonly core: CoreApi;
  /** 0 for any that is free. */
  readonly port: number;
  /** The server that the first start proposes. */
  readonly defaultServer?: string;
  /** Whether the key to the profile lies open beside it, at the moment of asking. */
  readonly unprotected?: () => boolean;
  /** Where the built interface lies; the one of this package where it is not said. */
  readonly uiFolder?: string;
  /** Told of bugs in calls, which a window only learns of as `internal`. */
  readonly onFault?: (fault: unknown) => void;
  readonly now?: () => number;
}

export interface WebHost {
  /** Good for opening one window, once, within an hour. */
  readonly address: string;
  /** Another such address, for another window. */
  readonly newAddress: () => string;
  readonly stop: () => Promise<void>;
}

const listen = async (server: Server, port: number): Promise<number> => {
  server.listen(port, HOST);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server listens on no port');
  return bound.port;
};

/** Serves the interface and the core behind it to browsers on this machine. */
export const startWebHost = async (options: WebHostOptions): Promise<WebHost> => {
  const files = loadUiFiles(options.uiFolder ?? builtUiFolder());
  const now = options.now ?? Date.now;
  const server = createServer({
    maxHeaderSize: 16_384,
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5_000,
  });
  server.maxConnections = 128;
  const authority = `${HOST}:${await listen(server, options.port)}`;
  const tokens = new TokenBook(now);
  const bridge = new BridgeServer({
    core: options.core,
    tokens,
    authority,
    greeting: () => ({
      defaultServer: options.defaultServer ?? '',
      unprotected: options.unprotected?.() ?? false,
    }),
    onFault: options.onFault ?? (() => undefined),
    now,
  });
  server.on('request', servePage(files, authority));
  server.on('upgrade', (request, socket, head) => bridge.upgrade(request, socket, head));
  const newAddress = (): string => `http://${authority}/#token=${tokens.issueOnce()}`;

  return {
    address: newAddress(),
    newAddress,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      await bridge.stop();
      server.closeAllConnections();
      await closed;
    },
  };
};
