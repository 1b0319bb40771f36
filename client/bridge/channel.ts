/**
 * A two-way road for whole texts in order: a MessagePort, a loopback socket, lines of a pipe. What runs on it is JSON-RPC
 * (`rpc.ts`); how it is secured is its host's concern.
 */
export interface MessageChannel {
  send(text: string): void;
  /**
   * One receiver, set once. Its promise settles when the text has been dealt with, so that a channel can stop reading
   * while too much is under way.
   */
  receive(receiver: (text: string) => void | Promise<void>): void;
  /** Called once, when either side closed or the road broke; at once if that has happened already. */
  closed(listener: () => void): void;
  close(): void;
}
