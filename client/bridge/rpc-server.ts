import { z } from 'zod';
import { CORE_METHODS, type CoreApi, type CoreMethod } from './api.js';
import type { MessageChannel } from './channel.js';
import { BridgeError, type BridgeErrorCode, type BridgeFailure } from './errors.js';
import { RPC_CODES, RPC_MESSAGE_LENGTH, RpcId, RpcRequest, type RpcAnswer, type RpcFailure } from './rpc.js';

export interface RpcServerOptions {
  /** Told of faults that are not refusals, so that the host can log them; the other side learns only `internal`. */
  readonly onFault?: (fault: unknown) => void;
}

const Identified = z.object({ id: RpcId });

type Refusal = Exclude<keyof typeof RPC_CODES, 'refused'>;

const failed = (id: RpcId | null, code: number, data: BridgeFailure): RpcFailure => ({
  jsonrpc: '2.0',
  id,
  error: { code, message: data.code, data },
});

const malformed = (id: RpcId | null, kind: Refusal): RpcFailure =>
  failed(id, RPC_CODES[kind], { code: 'badCall' satisfies BridgeErrorCode, params: {} });

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const invoke = (core: CoreApi, method: CoreMethod, params: unknown): Promise<unknown> | undefined => {
  const parsed = CORE_METHODS[method].params.safeParse(params ?? {});
  return parsed.success ? core.call<CoreMethod>(method, parsed.data) : undefined;
};

/**
 * Answers JSON-RPC calls on `channel` with `core` and passes its events on, until the channel closes or the returned function
 * is called. Everything that arrives is untrusted: it is held to {@link RPC_MESSAGE_LENGTH} and to the schemas of
 * {@link CORE_METHODS} before the core sees it.
 */
export const serveRpc = (core: CoreApi, channel: MessageChannel, options: RpcServerOptions = {}): (() => void) => {
  let open = true;

  const send = (message: object): void => {
    if (open) channel.send(JSON.stringify(message));
  };

  const refusal = (id: RpcId, error: unknown): RpcFailure => {
    if (error instanceof BridgeError) return failed(id, RPC_CODES.refused, error.failure);
    options.onFault?.(error);
    return failed(id, RPC_CODES.refused, { code: 'internal', params: {} });
  };

  const answer = async (text: string): Promise<RpcAnswer> => {
    if (text.length > RPC_MESSAGE_LENGTH) return malformed(null, 'request');
    const value = parseJson(text);
    if (value === undefined) return malformed(null, 'parse');
    const request = RpcRequest.safeParse(value);
    if (!request.success) {
      const id = Identified.safeParse(value).data?.id ?? null;
      const onlyMethod = request.error.issues.every((issue) => issue.path[0] === 'method');
      return malformed(id, onlyMethod ? 'method' : 'request');
    }
    const { id, method, params } = request.data;
    try {
      const result = invoke(core, method, params);
      return result === undefined ? malformed(id, 'params') : { jsonrpc: '2.0', id, result: await result };
    } catch (error) {
      return refusal(id, error);
    }
  };

  const unsubscribe = core.subscribe((event) => send({ jsonrpc: '2.0', method: 'event', params: event }));
  const stop = (): void => {
    open = false;
    unsubscribe();
  };
  channel.closed(stop);
  channel.receive(async (text) => send(await answer(text)));
  return stop;
};
