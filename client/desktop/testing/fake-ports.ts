import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** What goes over a port of Node's underneath: Electron's messages, with the ports that travel along. */
interface Parcel {
  readonly data: unknown;
  readonly ports: readonly MessagePort[];
}

/** Node's port below each port of the fake, until it has been given away. */
const below = new WeakMap<object, MessagePort>();

/** Takes the ports that travel with a message: whoever gave them away cannot use them any more. */
const takeBelow = (ports: readonly object[]): MessagePort[] =>
  ports.map((port) => {
    const taken = below.get(port);
    if (taken === undefined) throw new TypeError('Port at index 0 is already neutered');
    below.delete(port);
    return taken;
  });

/** Sends a message and gives its ports away. */
const sendParcel = (road: MessagePort, data: unknown, transfer: readonly object[] = []): void => {
  const ports = takeBelow(transfer);
  road.postMessage({ data, ports } satisfies Parcel, ports);
};

/** A message from the other side as Electron's event. */
export const openParcel = (parcel: unknown): { readonly data: unknown; readonly ports: FakeMessagePortMain[] } => {
  const { data, ports } = parcel as Parcel;
  return { data, ports: ports.map((port) => new FakeMessagePortMain(port)) };
};

/** Waits with what has come until it is started; learns that the other end is gone, not that it closed itself. */
export class FakeMessagePortMain extends EventEmitter {
  #started = false;
  #closing = false;

  constructor(port: MessagePort) {
    super();
    below.set(this, port);
    port.once('close', () => {
      // A port that was given away is somebody else's.
      if (below.get(this) === port && !this.#closing) this.emit('close');
    });
  }

  start(): void {
    const port = below.get(this);
    if (port === undefined || this.#started) return;
    this.#started = true;
    port.on('message', (parcel) => this.emit('message', openParcel(parcel)));
  }

  postMessage(message: unknown, transfer?: readonly object[]): void {
    const port = below.get(this);
    if (port !== undefined) sendParcel(port, message, transfer);
  }

  close(): void {
    this.#closing = true;
    below.get(this)?.close();
  }
}

/** The port as whoever it is given to has it; the giver's is dead. */
export const transferred = (given: FakeMessagePortMain): FakeMessagePortMain => {
  const [port] = takeBelow([given]);
  if (port === undefined) throw new TypeError('no port');
  return new FakeMessagePortMain(port);
};

export class FakeMessageChannelMain {
  readonly port1: FakeMessagePortMain;
  readonly port2: FakeMessagePortMain;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new FakeMessagePortMain(port1);
    this.port2 = new FakeMessagePortMain(port2);
  }
}

/** The same port as a page has it. */
export class PagePort extends EventTarget {
  readonly #port: MessagePort;
  #started = false;
  #closing = false;

  constructor(given: object) {
    super();
    const [port] = takeBelow([given]);
    if (port === undefined) throw new TypeError('no port');
    this.#port = port;
    port.once('close', () => {
      if (!this.#closing) this.dispatchEvent(new Event('close'));
    });
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#port.on('message', (parcel: Parcel) =>
      this.dispatchEvent(new MessageEvent('message', { data: parcel.data })),
    );
  }

  postMessage(data: unknown): void {
    sendParcel(this.#port, data);
  }

  close(): void {
    this.#closing = true;
    this.#port.close();
  }
}
