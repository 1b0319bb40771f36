import { readFile } from 'node:fs/promises';
import type { MessageEvent, MessagePortMain, ParentPort } from 'electron';
import { serveRpc, type CoreApi, type HostGreeting } from '@sotto/client/bridge';
import { ToCore, type CoreArguments, type KeychainRequest } from './core-messages.js';
import type { Keychain } from './keychain.js';
import { OpeningCore, type StoppableCore } from './opening-core.js';
import { portChannel } from './port-channel.js';

/** A core as this host needs it. */
export interface DesktopCore extends StoppableCore {
  /** The key to the profile lies open beside it. */
  readonly unprotected: boolean;
}

interface CoreHostParts {
  readonly parentPort: Pick<ParentPort, 'on' | 'postMessage'>;
  readonly args: CoreArguments;
  readonly openCore: (profileFolder: string, keychain: Keychain | undefined) => Promise<DesktopCore>;
  readonly exit: () => void;
}

/** The main process's keychain, asked over the parent port: Electron gives it to no other process. */
const createRemoteKeychain = (say: (request: KeychainRequest) => void) => {
  const waiting = new Map<number, (result: string | undefined) => void>();
  let nextId = 1;
  const ask = (action: 'seal' | 'open', value: string): Promise<string | undefined> =>
    new Promise((resolve) => {
      const id = nextId++;
      waiting.set(id, resolve);
      say({ type: 'keychain', id, action, value });
    });
  const keychain: Keychain = {
    seal: async (secret) => {
      const sealed = await ask('seal', secret);
      if (sealed === undefined) throw new Error('the keychain did not take the key');
      return sealed;
    },
    open: (sealed) => ask('open', sealed),
  };
  const answer = (id: number, result: string | undefined): void => {
    waiting.get(id)?.(result);
    waiting.delete(id);
  };
  return { keychain, answer };
};

const unlockFromFile = async (core: CoreApi, file: string): Promise<void> => {
  const app = await core.call('getApp', {});
  if (app.phase !== 'locked') return;
  const passphrase = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  await core.call('unlock', { passphrase });
};

/** The core in a process of its own: opens the profile at once, and serves every window by a port. */
export const runCoreHost = ({ parentPort, args, openCore, exit }: CoreHostParts): void => {
  const remote = createRemoteKeychain((request) => parentPort.postMessage(request));
  const core = new OpeningCore(async () => {
    const opened = await openCore(args.profileFolder, args.keychain ? remote.keychain : undefined);
    if (args.passphraseFile !== undefined) await unlockFromFile(opened, args.passphraseFile);
    return opened;
  });

  const greeting = async (): Promise<HostGreeting> => {
    try {
      return { defaultServer: args.defaultServer, unprotected: (await core.opened()).unprotected };
    } catch {
      // What is wrong is the answer to the window's first call.
      return { defaultServer: args.defaultServer, unprotected: false };
    }
  };
  const attach = async (port: MessagePortMain): Promise<void> => {
    const channel = portChannel(port);
    channel.send(JSON.stringify(await greeting()));
    serveRpc(core, channel);
  };

  const hear = async ({ data, ports }: MessageEvent): Promise<void> => {
    const message = ToCore.safeParse(data).data;
    switch (message?.type) {
      case undefined:
        break;
      case 'attach':
        await Promise.all(ports.map(attach));
        break;
      case 'keychainAnswer':
        remote.answer(message.id, message.result);
        break;
      case 'stop':
        await core.stop();
        exit();
    }
  };
  parentPort.on('message', (event) => void hear(event));
  // By the time that the first window asks, the profile is open.
  void greeting();
};
