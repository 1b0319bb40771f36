import { z } from 'zod';

/** What the main process and the core's process say to each other; each parses what the other says. */

const Secret = z.string().max(8_192);

/** How the core's process is to start, in its arguments. */
export const CoreArguments = z.strictObject({
  profileFolder: z.string().min(1),
  /** The server that the first start proposes; empty for none. */
  defaultServer: z.string(),
  passphraseFile: z.string().optional(),
});
export type CoreArguments = z.infer<typeof CoreArguments>;

export const ToCore = z.discriminatedUnion('type', [
  /** Comes with a port: a window that wants to be served. */
  z.strictObject({ type: z.literal('attach') }),
  /** Without a result where the keychain did not do it. */
  z.strictObject({ type: z.literal('keychainAnswer'), id: z.number().int(), result: Secret.optional() }),
  z.strictObject({ type: z.literal('stop') }),
]);
export type ToCore = z.infer<typeof ToCore>;

export const KeychainRequest = z.strictObject({
  type: z.literal('keychain'),
  id: z.number().int(),
  /** `find`: whether there is a keychain at all; any result says yes. */
  action: z.enum(['find', 'seal', 'open']),
  value: Secret,
});
export type KeychainRequest = z.infer<typeof KeychainRequest>;
