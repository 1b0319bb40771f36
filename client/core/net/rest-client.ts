import { ErrorBody, parseErrorCode, ROUTES, type Route, type RouteName } from '@sotto/protocol/wire';
import type { z } from 'zod';
import type { HttpAnswer, HttpBody, HttpTransport } from './http-transport.js';
import type { Away, CallInput, CallResult, Refused, ResponseOf } from './types.js';

/** The longest that a server may make this client wait before it asks again. */
const RETRY_AFTER_MOST_MS = 3_600_000;

/** Statuses by which a proxy says that it stands before a server which is not there. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

const notSotto: Away = { outcome: 'away', reason: 'notSotto' };

/** A wait as the server asks for it, held to an hour. */
export const boundedRetryAfter = (retryAfterMs: number): number => Math.min(retryAfterMs, RETRY_AFTER_MOST_MS);

/** The parts of a call's input as they are at run time, whichever of them the route's type asks for. */
interface LooseInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: unknown;
  readonly body?: unknown;
}

const fillPath = (path: string, params: Readonly<Record<string, string>>): string =>
  path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`the call lacks the path parameter ${name}`);
    return encodeURIComponent(value);
  });

const queryText = (schema: z.ZodType | undefined, query: unknown): string => {
  if (schema === undefined || query === undefined) return '';
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(schema.parse(query) ?? {})) {
    if (value !== undefined) pairs.set(name, String(value));
  }
  return pairs.size === 0 ? '' : `?${pairs.toString()}`;
};

const parseJson = (answer: HttpAnswer): unknown => {
  if (!/^application\/json\s*(;|$)/i.test(answer.contentType)) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.body));
  } catch {
    return undefined;
  }
};

const readRefusal = (answer: HttpAnswer): Refused | Away => {
  const refusal = ErrorBody.safeParse(parseJson(answer));
  if (refusal.success) {
    return {
      outcome: 'refused',
      code: parseErrorCode(refusal.data.code),
      retryAfterMs: boundedRetryAfter(refusal.data.retryAfterMs ?? 0),
    };
  }
  return GATEWAY_STATUSES.has(answer.status) ? { outcome: 'away', reason: 'unreachable' } : notSotto;
};

/** Bytes with a buffer of their own; `undefined` where the answer is of another type. */
const parseRaw = (answer: HttpAnswer): unknown =>
  /^application\/octet-stream\s*(;|$)/i.test(answer.contentType) ? new Uint8Array(answer.body) : undefined;

const bodyOf = ({ raw, body: schema }: Route, body: unknown): HttpBody | undefined => {
  if (schema === undefined) return undefined;
  if (raw !== 'body') return { type: 'application/json', content: JSON.stringify(schema.encode(body)) };
  const content = schema.parse(body);
  if (!(content instanceof Uint8Array)) throw new TypeError('a raw body is not bytes');
  return { type: 'application/octet-stream', content };
};

/**
 * One REST call by its route's schemas. What the server answers is parsed before anyone sees it; an answer that does not fit
 * is `away`, since nothing in it can be believed.
 */
export const callRoute = async <R extends RouteName>(
  transport: HttpTransport,
  name: R,
  input: CallInput<R>,
  accessToken: string | undefined,
): Promise<CallResult<ResponseOf<R>>> => {
  const route: Route = ROUTES[name];
  // Which parts a route takes is decided by its type; at run time all of them are optional.
  const { params, query, body } = input as LooseInput;
  const answer = await transport.exchange({
    method: route.method,
    target: fillPath(route.path, params ?? {}) + queryText(route.query, query),
    accessToken,
    body: bodyOf(route, body),
    accept: route.raw === 'response' ? 'application/octet-stream' : 'application/json',
  });
  if (answer.outcome === 'away') return answer;
  if (answer.status < 200 || answer.status > 299) return readRefusal(answer);
  const response = route.response.safeParse(route.raw === 'response' ? parseRaw(answer) : parseJson(answer));
  // The route's own schema has just parsed it; the compiler cannot follow that from a route chosen by name.
  return response.success ? { outcome: 'ok', value: response.data as ResponseOf<R> } : notSotto;
};
