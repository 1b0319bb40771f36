/** One connected user of a relay under load. */
export interface Peer {
  /** Resolves when the relay has accepted the message. */
  send(to: number, payload: Buffer): Promise<void>;
  close(): void;
}

/** A relay under load: Sotto or a baseline. */
export interface Target {
  readonly name: string;
  /** Processes whose CPU counts: the relay and its database. */
  readonly pids: readonly number[];
  /** The relay process alone, for its memory. */
  readonly relayPid: number;
  /** Makes the users that `connections` silent connections need, so that making them is not counted as holding them. */
  prepareIdle(connections: number): Promise<void>;
  /** Keeps what is sent to somebody who is away. */
  readonly storesForAbsent: boolean;
  /** One user again, after the others were made by `connect`. */
  connectOne(index: number, onPayload: (payload: Buffer) => void): Promise<Peer>;
  connect(count: number, onPayload: (payload: Buffer) => void): Promise<readonly Peer[]>;
  /** Opens connections that stay silent. */
  connectIdle(count: number): Promise<() => void>;
  stop(): Promise<void>;
}
