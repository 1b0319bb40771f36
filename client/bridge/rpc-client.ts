import { z } from 'zod';
import { CORE_METHODS, CoreEvent, type CoreApi, type CoreMethod, type ParamsOf, type ResultOf } from './api.js';
import type { MessageChannel } from './channel.js';
import { BridgeError, isBridgeErrorCode } from './errors.js';
import type { RpcRequest } from './rpc.js';

/** The road to the core is gone: nothing is known about what it did with the call. */
export class BridgeClosedError extends BridgeError {
  constructor(options?: ErrorOptions) {
    super('internal', {}, options);
  }
}

const Failure = z.object({
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});

const Incoming = z.union([
  z.object({ id: z.number().int(), error: z.object({ data: Failure }) }),
  z.object({ id: z.number().int(), result: z.unknown() }),
  z.object({ method: z.literal('event'), params: z.unknown() }),
]);

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: BridgeError) => void;
}

const parseIncoming = (text: string): z.infer<typeof Incoming> | undefined => {
  try {
    return Incoming.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

const bridgeError = ({ code, params }: z.infer<typeof Failure>): BridgeError =>
  // A code that this side does not know comes from a newer core.
  isBridgeErrorCode(code) ? new BridgeError(code, params) : new BridgeError('internal', {}, { cause: code });

/**
 * The core at the other end of `channel`. Calls under way when the channel closes, and all later ones, reject with a
 * {@link BridgeClosedError}. Answers are parsed by the schemas of {@link CORE_METHODS}; an event that does not parse is left
 * out, since the next one carries the whole new state.
 */
export const connectRpc = (channel: MessageChannel): CoreApi => {
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<(event: CoreEvent) => void>();
  let nextId = 1;
  let open = true;

  channel.closed(() => {
    open = false;
    for (const { reject } of waiting.values()) reject(new BridgeClosedError());
    waiting.clear();
  });

  const take = (id: number): Waiting | undefined => {
    const found = waiting.get(id);
    waiting.delete(id);
    return found;
  };

  channel.receive((text) => {
    const incoming = parseIncoming(text);
    if (incoming === undefined) return;
    if ('method' in incoming) {
      const event = CoreEvent.safeParse(incoming.params);
      if (event.success) for (const listener of [...listeners]) listener(event.data);
    } else if ('error' in incoming) take(incoming.id)?.reject(bridgeError(incoming.error.data));
    else take(incoming.id)?.resolve(incoming.result);
  });

  const request = (method: CoreMethod, params: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (!open) {
        reject(new BridgeClosedError());
        return;
      }
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      try {
        channel.send(JSON.stringify({ jsonrpc: '2.0', id, method, params } satisfies RpcRequest));
      } catch (cause) {
        waiting.delete(id);
        reject(new BridgeClosedError({ cause }));
      }
    });

  const parseResult = <M extends CoreMethod>(method: M, result: unknown): ResultOf<M> => {
    const parsed = CORE_METHODS[method].result.safeParse(result);
    if (!parsed.success) throw new BridgeError('internal', {}, { cause: parsed.error });
    // The schema of `method` has just made it `ResultOf<M>`; the compiler cannot follow a table by a type parameter.
    return parsed.data as ResultOf<M>;
  };

  return {
    call: async <M extends CoreMethod>(method: M, params: ParamsOf<M>) =>
      parseResult(method, await request(method, params)),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
