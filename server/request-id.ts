import { randomBytes } from 'node:crypto';

/** What one request or refusal is called, in its answer and in the log. Made here: a caller's own would let callers forge log lines. */
export const newRequestId = (): string => randomBytes(9).toString('base64url');
