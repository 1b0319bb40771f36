import { signal } from '@preact/signals';
import { HostGreeting, PAGE_MESSAGES, type MessageChannel } from '@sotto/client/bridge';
import type { CoreLink, LinkState } from '../model/app.js';
import { parseGreeting } from './greeting.js';
import { portChannel } from './port-channel.js';
import { createSwitchingCore } from './switching-core.js';

/** The core that has died is started anew by the next port that is asked for; one that dies at once, less and less often. */
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;

/** The road from a window of the desktop client to the core in its own process, by a port that the preload hands over. */
export const createDesktopLink = (page: Window): CoreLink => {
  const core = createSwitchingCore();
  const state = signal<LinkState>('connecting');
  const defaultServer = signal('');
  const unprotected = signal(false);
  let current: MessageChannel | undefined;
  let failures = 0;

  const ask = (): void => page.postMessage(PAGE_MESSAGES.ready, page.location.origin);

  const lose = (channel: MessageChannel): void => {
    // One that another has replaced says nothing about the road.
    if (channel !== current) return;
    current = undefined;
    state.value = 'broken';
    page.setTimeout(ask, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
  };

  const greet = (channel: MessageChannel, data: unknown): void => {
    const greeting = parseGreeting(HostGreeting, data);
    if (greeting === undefined) {
      channel.close();
      return;
    }
    failures = 0;
    defaultServer.value = greeting.defaultServer;
    unprotected.value = greeting.unprotected;
    core.attach(channel);
    state.value = 'open';
  };

  const take = (port: MessagePort): void => {
    const former = current;
    const channel = portChannel(port);
    current = channel;
    former?.close();
    channel.closed(() => lose(channel));
    port.addEventListener('message', (event) => greet(channel, event.data), { once: true });
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
