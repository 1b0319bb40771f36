import { readFile } from 'node:fs/promises';
import type { MessageEvent, MessagePortMain, ParentPort } from 'electron';
import { serveRpc, type CoreApi, type HostGreeting, type MessageChannel } from '@sotto/client/bridge';
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
  /** Says a line to whoever started the program. */
  readonly complain: (line: string) => void;
  readonly exit: () => void;
}

/** The main process's keychain, asked over the parent port: Electron gives it to no other process. */
const createRemoteKeychain = (say: (request: KeychainRequest) => void) => {
  const waiting = new Map<number, (result: string | undefined) => void>();
  let nextId = 1;
  const ask = (action: KeychainRequest['action'], value = ''): Promise<string | undefined> =>
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
  return {
    find: async (): Promise<Keychain | undefined> => ((await ask('find')) === undefined ? undefined : keychain),
    answer: (id: number, result: string | undefined): void => {
      waiting.get(id)?.(result);
      waiting.delete(id);
    },
  };
};

const unlockFromFile = async (core: CoreApi, file: string): Promise<void> => {
  const app = await core.call('getApp', {});
  if (app.phase !== 'locked') return;
  const passphrase = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  await core.call('unlock', { passphrase });
};

/** The core in a process of its own: opens the profile at once, and serves every window by a port. */
export const runCoreHost = ({ parentPort, args, openCore, complain, exit }: CoreHostParts): void => {
  const remote = createRemoteKeychain((request) => parentPort.postMessage(request));
  /** Greeted before it was known how the key is kept. */
  const greetedTooEarly = new Set<MessageChannel>();

  const core = new OpeningCore(async () => {
    const opened = await openCore(args.profileFolder, await remote.find());
    if (args.passphraseFile !== undefined) {
      await unlockFromFile(opened, args.passphraseFile).catch(() => {
        complain('The passphrase file does not open this profile; the window asks for the passphrase.');
      });
    }
    // These windows come back and are greeted anew.
    for (const channel of greetedTooEarly) channel.close();
    greetedTooEarly.clear();
    return opened;
  });

  const attach = async (port: MessagePortMain): Promise<void> => {
    const channel = portChannel(port);
    const greet = (unprotected: boolean): void => {
      channel.send(JSON.stringify({ defaultServer: args.defaultServer, unprotected } satisfies HostGreeting));
    };
    try {
      greet((await core.opened()).unprotected);
    } catch {
      // What is wrong is the answer to the window's first call.
      greet(false);
      greetedTooEarly.add(channel);
      channel.closed(() => greetedTooEarly.delete(channel));
    }
    serveRpc(core, channel);
  };

  const stop = async (): Promise<void> => {
    try {
      await core.stop();
    } finally {
      exit();
    }
  };

  parentPort.on('message', ({ data, ports }: MessageEvent) => {
    const message = ToCore.safeParse(data).data;
    switch (message?.type) {
      case undefined:
        break;
      case 'attach':
        for (const port of ports) void attach(port);
        break;
      case 'keychainAnswer':
        remote.answer(message.id, message.result);
        break;
      case 'stop':
        void stop();
    }
  });
  // By the time that the first window asks, the profile is open. A refusal is told to the window that calls.
  core.opened().catch(() => undefined);
};
