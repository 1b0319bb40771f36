/** Something that holds what expires. Readers never see it meanwhile: they ask for what has not expired. */
export interface Expiring {
  /** Clears away what has expired, in steps that keep no one waiting for long. */
  deleteExpired(): Promise<void>;
}
