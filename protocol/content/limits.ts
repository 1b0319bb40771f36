/** Sizes inside the sealed part; the server cannot see or enforce them (SPEC §8). */
export const CONTENT_LIMITS = {
  /** UTF-16 code units in the body of a text; longer texts travel as attachments. */
  textLength: 5_000,
  receiptMessageIds: 500,
} as const;
