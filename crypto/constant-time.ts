import { timingSafeEqual } from 'node:crypto';

/**
 * Are two values of one role the same bytes? The time tells nothing about where they differ; their lengths are public.
 * The one place where bytes are compared: everything else is refused by lint.
 */
export const constantTimeEqual = <Role extends Uint8Array>(left: Role, right: NoInfer<Role>): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
