/** One message to one address. Plain text: nothing in it is fetched, tracked or clicked. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Gives mail to the host's mail server. */
export interface Mailer {
  /** Returns at once; what cannot be sent after a few tries is given up, and the operator is told. */
  post(mail: Mail): void;
  /** Resolves once nothing is under way. */
  close(): Promise<void>;
}
