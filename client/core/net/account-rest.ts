import type { AccessTokenResult, AccessTokens } from '../account/types.js';
import type { HttpTransport } from './http-transport.js';
import { callRoute } from './rest-client.js';
import type { AccountApi, AccountRoute, Away, CallInput, CallResult, Refused, ResponseOf } from './types.js';

/** The server's own words for what is known here without asking it. */
const withoutToken = (result: Exclude<AccessTokenResult, { outcome: 'ok' }>): Refused | Away => {
  switch (result.outcome) {
    case 'signedOut':
      return { outcome: 'refused', code: 'unauthorized', retryAfterMs: 0 };
    case 'unlinked':
      return { outcome: 'refused', code: 'deviceNotListed', retryAfterMs: 0 };
    case 'refused':
    case 'away':
      return result;
  }
};

/** Calls with the access token of this device, which is exchanged once where the server no longer takes it. */
export class AccountRest implements AccountApi {
  readonly #transport: HttpTransport;
  readonly #tokens: AccessTokens;

  constructor(transport: HttpTransport, tokens: AccessTokens) {
    this.#transport = transport;
    this.#tokens = tokens;
  }

  async call<R extends AccountRoute>(route: R, input: CallInput<R>): Promise<CallResult<ResponseOf<R>>> {
    const token = await this.#tokens.get();
    if (token.outcome !== 'ok') return withoutToken(token);
    const result = await callRoute(this.#transport, route, input, token.value);
    if (result.outcome !== 'refused') return result;
    if (result.code !== 'tokenExpired' && result.code !== 'unauthorized') return result;
    const renewed = await this.#tokens.get(token.value);
    return renewed.outcome === 'ok' ? callRoute(this.#transport, route, input, renewed.value) : withoutToken(renewed);
  }
}
