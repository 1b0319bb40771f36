import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { connectRpc, serveRpc, type CoreApi, type RpcServerOptions } from '../bridge/index.js';
import { lineChannel } from './line-channel.js';

/** Where the daemon of a profile listens when nothing else is said: in the profile's folder, which only its owner may enter. */
export const defaultSocketPath = (profileFolder: string): string =>
  process.platform === 'win32'
    ? `\\\\.\\pipe\\sotto-${createHash('sha256').update(profileFolder).digest('hex').slice(0, 32)}`
    : join(profileFolder, 'daemon.sock');

const open = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      resolve(socket);
    });
    socket.once('error', () => {
      resolve(undefined);
    });
  });

export interface AttachedCore {
  readonly core: CoreApi;
  close(): void;
}

/** The core behind the daemon that listens at `path`; `undefined` where none does. */
export const attachToDaemon = async (path: string): Promise<AttachedCore | undefined> => {
  const socket = await open(path);
  if (socket === undefined) return undefined;
  const channel = lineChannel(socket, socket);
  return {
    core: connectRpc(channel),
    close: () => {
      channel.close();
    },
  };
};

export interface ListeningDaemon {
  stop(): Promise<void>;
}

/**
 * Serves `core` to every program of this user that connects to `path`. The caller holds the profile's lock, so a socket file
 * that is there already was left by a daemon that died.
 */
export const listenOnSocket = async (
  core: CoreApi,
  path: string,
  options: RpcServerOptions,
): Promise<ListeningDaemon> => {
  if (process.platform !== 'win32') await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveRpc(core, lineChannel(socket, socket), options);
  });
  // The socket file takes its mode from the mask at the moment it is made; changing it later would leave a gap.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(mask);
  }
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
};
