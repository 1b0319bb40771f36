import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { ErrorBody, ROUTES, type Route, type RouteName } from '@sotto/protocol/wire';
import { z } from 'zod';

type Routes = typeof ROUTES;
type BodyOf<R extends RouteName> = Routes[R] extends { body: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : never;

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly bytes: Buffer;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** One HTTP exchange, exactly as it is told. */
export const exchange = (
  address: string,
  { method = 'GET', path, headers = {}, body }: RawRequest,
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest(address + path, { method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text: Buffer.concat(chunks).toString('utf8'),
          bytes: Buffer.concat(chunks),
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

export interface CallOptions<R extends RouteName> {
  readonly body?: BodyOf<R>;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, number | string>>;
  readonly token?: string | undefined;
}

/** What a call ended with: the parsed answer of its route, or the error shape. */
export type CallResult<R extends RouteName> =
  | { readonly type: 'ok'; readonly status: number; readonly value: z.output<Routes[R]['response']> }
  | { readonly type: 'refused'; readonly status: number; readonly error: ErrorBody };

const encodeBody = (raw: Route['raw'], value: unknown): { readonly type: string; readonly body: Buffer } =>
  raw === 'body'
    ? { type: 'application/octet-stream', body: Buffer.from(value as Uint8Array) }
    : { type: 'application/json', body: Buffer.from(JSON.stringify(value)) };

/** One call by the contract. Whatever is neither its answer nor the one error shape throws. */
export const call = async <R extends RouteName>(
  address: string,
  name: R,
  { body, params = {}, query = {}, token }: CallOptions<R> = {},
): Promise<CallResult<R>> => {
  const route = ROUTES[name];
  const path = route.path.replace(/:(\w+)/g, (_, parameter: string) => params[parameter] ?? '');
  const search = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  ).toString();
  const { raw }: Route = route;
  const sent =
    'body' in route && body !== undefined ? encodeBody(raw, z.encode(route.body as z.ZodType, body)) : undefined;
  const answer = await exchange(address, {
    method: route.method,
    path: search === '' ? path : `${path}?${search}`,
    headers: {
      ...(sent === undefined ? {} : { 'content-type': sent.type, 'content-length': String(sent.body.length) }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(sent === undefined ? {} : { body: sent.body }),
  });
  if (answer.status >= 400) {
    return {
      type: 'refused',
      status: answer.status,
      error: z.strictObject(ErrorBody.shape).parse(JSON.parse(answer.text)),
    };
  }
  const value = z.decode(
    route.response as z.ZodType,
    raw === 'response' ? new Uint8Array(answer.bytes) : JSON.parse(answer.text),
  ) as z.output<Routes[R]['response']>;
  return { type: 'ok', status: answer.status, value };
};

/** The answer of a call that has to succeed. */
export const succeed = async <R extends RouteName>(
  address: string,
  name: R,
  options: CallOptions<R> = {},
): Promise<z.output<Routes[R]['response']>> => {
  const result = await call(address, name, options);
  if (result.type === 'refused') throw new Error(`${name} was refused: ${JSON.stringify(result.error)}`);
  return result.value;
};

/** The code with which a call was refused; `undefined` if it succeeded. */
export const refusalOf = async <R extends RouteName>(
  address: string,
  name: R,
  options: CallOptions<R> = {},
): Promise<string | undefined> => {
  const result = await call(address, name, options);
  return result.type === 'refused' ? result.error.code : undefined;
};
