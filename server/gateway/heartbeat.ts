/** A socket as the heartbeat sees it. */
export interface Beating {
  ping(): void;
  terminate(): void;
  on(event: 'message' | 'pong', listener: () => void): unknown;
}

const EVERY_MS = 30_000;

/** Ends sockets whose other side has gone without a word: each must answer one ping before the next. One timer for all. */
export class Heartbeat {
  /** What has been heard of each socket since the last beat. */
  readonly #isAlive = new Map<Beating, boolean>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#beat(), EVERY_MS);
  }

  add(socket: Beating): void {
    const hear = (): void => {
      if (this.#isAlive.has(socket)) this.#isAlive.set(socket, true);
    };
    this.#isAlive.set(socket, true);
    socket.on('message', hear);
    socket.on('pong', hear);
  }

  remove(socket: Beating): void {
    this.#isAlive.delete(socket);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    for (const [socket, isAlive] of this.#isAlive) {
      if (isAlive) {
        this.#isAlive.set(socket, false);
        socket.ping();
      } else {
        socket.terminate();
      }
    }
  }
}
