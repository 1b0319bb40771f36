import { z } from 'zod';
import { CORE_METHODS, type CoreMethod } from './api.js';
import type { BridgeFailure } from './errors.js';

/**
 * JSON-RPC 2.0, the one envelope of every bridge: a MessagePort, the loopback socket, and the daemon's lines.
 * Events are notifications of the method `event`.
 */

/** One message on any bridge, in characters of JSON. */
export const RPC_MESSAGE_LENGTH = 1_048_576;

export const RpcId = z.union([z.string().max(64), z.number().int()]);
export type RpcId = z.infer<typeof RpcId>;

const isCoreMethod = (value: unknown): value is CoreMethod =>
  typeof value === 'string' && Object.hasOwn(CORE_METHODS, value);

export const RpcRequest = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: RpcId,
  method: z.custom<CoreMethod>(isCoreMethod, 'unknown method'),
  params: z.unknown(),
});
export type RpcRequest = z.infer<typeof RpcRequest>;

/** Codes of JSON-RPC itself, and one for every refusal of the core, which `data` then names. */
export const RPC_CODES = {
  parse: -32_700,
  request: -32_600,
  method: -32_601,
  params: -32_602,
  refused: -32_000,
} as const;

export interface RpcSuccess {
  readonly jsonrpc: '2.0';
  readonly id: RpcId;
  readonly result: unknown;
}

export interface RpcFailure {
  readonly jsonrpc: '2.0';
  /** `null` where the request could not be read. */
  readonly id: RpcId | null;
  readonly error: { readonly code: number; readonly message: string; readonly data: BridgeFailure };
}

export interface RpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: 'event';
  readonly params: unknown;
}

export type RpcAnswer = RpcSuccess | RpcFailure;
