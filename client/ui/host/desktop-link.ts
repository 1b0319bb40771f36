import { signal } from '@preact/signals';
import { HostGreeting, PAGE_MESSAGES } from '@sotto/client/bridge';
import type { CoreLink, LinkState } from '../model/app.js';
import { parseGreeting } from './greeting.js';
import { portChannel } from './port-channel.js';
import { createSwitchingCore } from './switching-core.js';

/** The core that has died is started anew by the next port that is asked for. */
const RETRY_MS = 500;

/** The road from a window of the desktop client to the core in its own process, by a port that the preload hands over. */
export const createDesktopLink = (page: Window): CoreLink => {
  const core = createSwitchingCore();
  const state = signal<LinkState>('connecting');
  const defaultServer = signal('');
  const unprotected = signal(false);

  const ask = (): void => page.postMessage(PAGE_MESSAGES.ready, page.location.origin);

  const greet = (port: MessagePort, data: unknown): void => {
    const greeting = parseGreeting(HostGreeting, data);
    if (greeting === undefined) {
      port.close();
      return;
    }
    defaultServer.value = greeting.defaultServer;
    unprotected.value = greeting.unprotected;
    core.attach(portChannel(port));
    state.value = 'open';
  };

  const take = (port: MessagePort): void => {
    port.addEventListener('message', (event) => greet(port, event.data), { once: true });
    port.addEventListener('close', () => {
      state.value = 'broken';
      page.setTimeout(ask, RETRY_MS);
    });
    port.start();
  };

  page.addEventListener('message', (event: MessageEvent<unknown>) => {
    const [port] = event.ports;
    const isOurs = event.source === page && event.origin === page.location.origin;
    if (isOurs && event.data === PAGE_MESSAGES.port && port !== undefined) take(port);
  });
  ask();
  return { core, state, defaultServer, unprotected };
};
