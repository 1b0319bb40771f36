import { signal } from '@preact/signals';
import {
  LOOPBACK_PATH,
  LOOPBACK_PROTOCOL,
  LoopbackGreeting,
  loopbackTokenProtocol,
  type LoopbackTokenKind,
} from '@sotto/client/bridge';
import type { CoreLink, LinkState } from '../model/app.js';
import { parseGreeting } from './greeting.js';
import { socketChannel } from './socket-channel.js';
import { createSwitchingCore } from './switching-core.js';

const SESSION_KEY = 'sotto.session';
const ADDRESS_TOKEN = /^#token=([A-Za-z0-9_-]{43})$/;
const RETRY_MS = [250, 500, 1_000, 2_000, 4_000] as const;

interface Proof {
  readonly kind: LoopbackTokenKind;
  readonly token: string;
}

/** Takes the token out of the address bar before anything else can see, copy or bookmark it. */
const takeAddressToken = (page: Window): string | undefined => {
  const { hash, pathname, search } = page.location;
  if (hash === '') return undefined;
  page.history.replaceState(null, '', `${pathname}${search}`);
  return ADDRESS_TOKEN.exec(hash)?.[1];
};

/** Whether the host answers at all: then a refused socket means that it does not know this window. */
const hostAnswers = async (page: Window): Promise<boolean> => {
  try {
    await page.fetch(page.location.pathname, { method: 'HEAD', cache: 'no-store' });
    return true;
  } catch {
    return false;
  }
};

/** The road from a browser tab to the core behind the loopback socket. Heals by itself while the host knows this window. */
export const createWebLink = (page: Window): CoreLink => {
  const core = createSwitchingCore();
  const state = signal<LinkState>('connecting');
  const defaultServer = signal('');
  const unprotected = signal(false);
  const addressToken = takeAddressToken(page);
  let failures = 0;
  let proof: Proof | undefined;

  const remember = (session: string): void => {
    proof = { kind: 'session', token: session };
    page.sessionStorage.setItem(SESSION_KEY, session);
  };

  const refuse = (): void => {
    page.sessionStorage.removeItem(SESSION_KEY);
    state.value = 'refused';
  };

  const retry = (): void => {
    state.value = 'broken';
    page.setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
  };

  const connect = (): void => {
    if (proof === undefined) {
      refuse();
      return;
    }
    const url = `ws://${page.location.host}${LOOPBACK_PATH}`;
    const socket = new WebSocket(url, [LOOPBACK_PROTOCOL, loopbackTokenProtocol(proof.kind, proof.token)]);
    let greeted = false;
    socket.addEventListener(
      'message',
      (event) => {
        const greeting = parseGreeting(LoopbackGreeting, event.data);
        if (greeting === undefined) {
          socket.close();
          return;
        }
        greeted = true;
        failures = 0;
        remember(greeting.session);
        defaultServer.value = greeting.defaultServer;
        unprotected.value = greeting.unprotected;
        core.attach(socketChannel(socket));
        state.value = 'open';
      },
      { once: true },
    );
    socket.addEventListener('close', () => {
      if (greeted) retry();
      else
        void hostAnswers(page).then((answers) => {
          if (answers) refuse();
          else retry();
        });
    });
  };

  const stored = page.sessionStorage.getItem(SESSION_KEY);
  if (addressToken !== undefined) proof = { kind: 'once', token: addressToken };
  else if (stored !== null) proof = { kind: 'session', token: stored };

  // A fresh address opened over this very page changes the hash alone, without a load.
  page.addEventListener('hashchange', () => {
    const token = takeAddressToken(page);
    if (token === undefined || state.peek() !== 'refused') return;
    proof = { kind: 'once', token };
    state.value = 'connecting';
    connect();
  });
  connect();
  return { core, state, defaultServer, unprotected };
};
