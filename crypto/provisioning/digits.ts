import { constantTimeEqual } from '../constant-time.js';
import type { LinkDigits } from '../keys.js';

const encoder = new TextEncoder();

/** Compares digits without telling where they differ. */
export const areSameDigits = (left: LinkDigits, right: LinkDigits): boolean =>
  constantTimeEqual(encoder.encode(left), encoder.encode(right));
