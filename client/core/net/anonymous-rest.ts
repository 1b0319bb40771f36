import type { HttpTransport } from './http-transport.js';
import { callRoute } from './rest-client.js';
import type { AnonymousApi, AnonymousRoute, CallInput, CallResult, ResponseOf } from './types.js';

/** Calls without a token, over one transport's own connections. */
export class AnonymousRest implements AnonymousApi {
  readonly #transport: HttpTransport;

  constructor(transport: HttpTransport) {
    this.#transport = transport;
  }

  call<R extends AnonymousRoute>(route: R, input: CallInput<R>): Promise<CallResult<ResponseOf<R>>> {
    return callRoute(this.#transport, route, input, undefined);
  }
}
