import type { z } from 'zod';

/** Reads a host's first message; `undefined` for anything else. */
export const parseGreeting = <T>(schema: z.ZodType<T>, data: unknown): T | undefined => {
  if (typeof data !== 'string') return undefined;
  try {
    return schema.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
};
