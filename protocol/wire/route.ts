import type { z } from 'zod';

/**
 * Who may call a route.
 * `public`: anyone. `account`: an access token of either scope. `device`: an access token bound to a listed device.
 * `deviceOrAccessKey`: such a token, or the access key of the person that the call is about.
 * `deviceOrClaimant`: such a token, or in the body the secret of the new device of a link session.
 */
export type RouteAccess = 'public' | 'account' | 'device' | 'deviceOrAccessKey' | 'deviceOrClaimant';

/** One REST call: what both sides agree on. Path parameters are written `:name`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly access: RouteAccess;
  readonly summary: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly bodyBytes?: number;
  readonly response: z.ZodType;
  /** `body`, `response`: plain bytes (`application/octet-stream`) instead of JSON. */
  readonly raw?: 'body' | 'response';
}
