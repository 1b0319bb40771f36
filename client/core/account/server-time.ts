import { parseUnixMs, type UnixMs } from '@sotto/protocol/ids';
import type { Clock } from '../net/clock.js';

/**
 * The server's time, as far as it is known: clocks of desktop machines are hours off at times, and certificates are judged by
 * the time of the server. Only for what the server could spoil anyway; nothing that protects against it may rest on this.
 */
export class ServerTime {
  readonly #clock: Clock;
  #aheadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  observe(serverTime: UnixMs): void {
    this.#aheadMs = serverTime - this.#clock.now();
  }

  now(): UnixMs {
    const own = this.#clock.now();
    return parseUnixMs(own + this.#aheadMs) ?? own;
  }
}
