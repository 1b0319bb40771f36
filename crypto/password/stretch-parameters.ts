import type { Argon2Cost } from '../backend/argon2.js';
import { constantTimeEqual } from '../constant-time.js';
import { StretchSalt } from '../keys.js';

/** What one stretch costs: KiB of memory, passes over it, lanes. */
export type StretchCost = Argon2Cost;

/** How an account stretches its password. Public. */
export interface StretchParameters {
  readonly salt: StretchSalt;
  readonly cost: StretchCost;
}

/** RFC 9106 §4, second recommended option. */
export const DEFAULT_STRETCH_COST: StretchCost = { memoryKiB: 65_536, iterations: 3, parallelism: 4 };

const LEAST: StretchCost = { memoryKiB: 65_536, iterations: 3, parallelism: 1 };
/** Above this a hostile server would only want to keep the machine busy. */
const MOST: StretchCost = { memoryKiB: 1_048_576, iterations: 64, parallelism: 16 };

export type StretchRefusal =
  | 'malformed'
  /** Cheaper than any end may accept: a server that learns the secret could guess the password fast. */
  | 'tooCheap'
  | 'tooExpensive'
  /** Cheaper than it was for this account. */
  | 'lowered'
  /** Another salt would make this end compute, and send, a second secret from one password. */
  | 'saltChanged';

export type StretchVerdict =
  | { readonly outcome: 'accepted'; readonly parameters: StretchParameters }
  | { readonly outcome: 'refused'; readonly reason: StretchRefusal };

const COSTS = ['memoryKiB', 'iterations', 'parallelism'] as const;

const costRefusal = (cost: StretchCost): StretchRefusal | undefined => {
  if (COSTS.some((part) => !Number.isInteger(cost[part]))) return 'malformed';
  if (COSTS.some((part) => cost[part] < LEAST[part])) return 'tooCheap';
  return COSTS.some((part) => cost[part] > MOST[part]) ? 'tooExpensive' : undefined;
};

/** May a password be stretched at this cost at all? */
export const isAcceptableCost = (cost: StretchCost): boolean => costRefusal(cost) === undefined;

const pinRefusal = (pinned: StretchParameters, offered: StretchParameters): StretchRefusal | undefined => {
  if (!constantTimeEqual(pinned.salt, offered.salt)) return 'saltChanged';
  const isLowered = offered.cost.memoryKiB < pinned.cost.memoryKiB || offered.cost.iterations < pinned.cost.iterations;
  return isLowered ? 'lowered' : undefined;
};

/**
 * Judges the parameters that a server hands out before sign-in, against those that were pinned after an earlier one
 * (SPEC §4.1). Never below the floor, never lower than before, never another salt.
 */
export const acceptStretch = (
  pinned: StretchParameters | undefined,
  offered: { readonly salt: Uint8Array; readonly cost: StretchCost },
): StretchVerdict => {
  const salt = StretchSalt.parse(offered.salt);
  if (salt === undefined) return { outcome: 'refused', reason: 'malformed' };
  const parameters = { salt, cost: offered.cost };
  const reason = costRefusal(parameters.cost) ?? (pinned && pinRefusal(pinned, parameters));
  return reason === undefined ? { outcome: 'accepted', parameters } : { outcome: 'refused', reason };
};
