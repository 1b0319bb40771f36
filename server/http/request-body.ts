import { bodyParser } from '@koa/bodyparser';
import type { Context, Middleware } from 'koa';
import { refuse, type Refusal } from '../domain/outcome.js';

const WRONG_TYPE = refuse('unsupportedMediaType', 'Send the body as application/json in UTF-8, not compressed.');
const BAD_JSON = refuse('badRequest', 'The body is not a JSON object.');
const RAW_WANTED = refuse('unsupportedMediaType', 'Send the body as application/octet-stream, not compressed.');
const NO_BODY_WANTED = refuse('badRequest', 'This call takes no body.');

const tooLarge = (bytes: number): Refusal => refuse('payloadTooLarge', `The body may have ${bytes} bytes.`);

const hasBody = ({ req }: Context): boolean =>
  req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;

/** `application/json`, if anything with the character set that it has anyway, and never compressed: no bombs to inflate. */
const isPlainJson = ({ req }: Context): boolean =>
  /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(req.headers['content-type'] ?? '') &&
  (req.headers['content-encoding'] ?? 'identity') === 'identity';

const isPlainBytes = ({ req }: Context): boolean =>
  /^application\/octet-stream\s*$/i.test(req.headers['content-type'] ?? '') &&
  (req.headers['content-encoding'] ?? 'identity') === 'identity';

const statusOf = (error: unknown): unknown => (error instanceof Error && 'status' in error ? error.status : undefined);

export type BodyResult = { readonly type: 'read'; readonly value: unknown } | Refusal;

/** Reads the body of one route: `bytes` at most, 0 where the route takes none. */
export type ReadBody = (context: Context) => Promise<BodyResult>;

const readNone: ReadBody = async (context) => (hasBody(context) ? NO_BODY_WANTED : { type: 'read', value: undefined });

/** Reads plain bytes, at most so many. */
export const rawBodyReader =
  (bytes: number): ReadBody =>
  async (context) => {
    if (!isPlainBytes(context)) return RAW_WANTED;
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of context.req as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > bytes) {
        context.set('Connection', 'close');
        return tooLarge(bytes);
      }
      chunks.push(chunk);
    }
    return { type: 'read', value: new Uint8Array(Buffer.concat(chunks)) };
  };

export const bodyReader = (bytes: number): ReadBody => {
  if (bytes === 0) return readNone;
  const parse: Middleware = bodyParser({ enableTypes: ['json'], jsonLimit: bytes, encoding: 'utf-8' });
  return async (context) => {
    if (!isPlainJson(context)) return WRONG_TYPE;
    try {
      await parse(context, async () => undefined);
    } catch (error) {
      const refusal = refusalOf(error, bytes);
      if (refusal === undefined) throw error;
      // What is left of it is not read: the connection ends with this answer.
      context.set('Connection', 'close');
      return refusal;
    }
    return { type: 'read', value: context.request.body };
  };
};

const refusalOf = (error: unknown, bytes: number): Refusal | undefined => {
  switch (statusOf(error)) {
    case 413:
      return tooLarge(bytes);
    case 415:
      return WRONG_TYPE;
    case 400:
      return BAD_JSON;
    default:
      return undefined;
  }
};
