import { AccountIdValue } from '@sotto/client/bridge';
import { z } from 'zod';

/** What the process with bare libsignal is told, and what it answers. */
export const BareCommand = z.object({ count: z.number(), contentBytes: z.number() });
export type BareCommand = z.infer<typeof BareCommand>;
export const BareCosts = z.object({ sealUs: z.number(), openUs: z.number() });
export type BareCosts = z.infer<typeof BareCosts>;

/** What the process with a core is told. Each is answered once it is done. */
export const CoreCommand = z.discriminatedUnion('command', [
  z.object({ command: z.literal('register'), address: z.string(), username: z.string() }),
  /** Begins a chat with a person, or accepts theirs. */
  z.object({ command: z.literal('meet'), username: z.string() }),
  /** Stores texts while there is no connection. */
  z.object({ command: z.literal('write'), chatId: AccountIdValue, text: z.string(), count: z.number() }),
  /** Connects, and waits until the server has everything that is written. */
  z.object({ command: z.literal('send') }),
  /** Connects, and waits until this many texts have arrived since the last time. */
  z.object({ command: z.literal('receive'), count: z.number() }),
  /** Connects, and waits until the peer has everything that was written. */
  z.object({ command: z.literal('settle') }),
]);
export type CoreCommand = z.infer<typeof CoreCommand>;

/** `workUs`: the core's own work. `networkUs`: handing frames to the sockets and reading their answers. */
export const CoreAnswer = z.object({
  chatId: AccountIdValue.optional(),
  workUs: z.number(),
  networkUs: z.number(),
});
export type CoreAnswer = z.infer<typeof CoreAnswer>;
