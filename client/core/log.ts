/**
 * The points of a message's way (docs/ARCHITECTURE.md, "A message's journey") that are told before and after each commit, so
 * that a test can end the process at any of them.
 */
export type JourneyPoint =
  | 'journey.2.storing'
  | 'journey.2.stored'
  | 'journey.3.encrypting'
  | 'journey.3.committing'
  | 'journey.3.encrypted'
  | 'journey.4.sending'
  | 'journey.4.accepted'
  | 'journey.4.recording'
  | 'journey.4.recorded'
  | 'journey.5.storing'
  | 'journey.5.committing'
  | 'journey.5.stored'
  | 'journey.5.acknowledged'
  | 'journey.6.opening'
  | 'journey.6.committing'
  | 'journey.6.opened';

export type LogEvent =
  | JourneyPoint
  /** The database key lies in a file beside the database: who copies the profile can read it. */
  | 'keyFile.unprotected'
  | 'connection'
  | 'outbox.held'
  | 'outbox.repaired'
  | 'inbox.setAside'
  | 'inbox.waiting'
  /** The server has taken the storage record. */
  | 'storageRecord.written'
  /** The server gave out a storage record that is of the past, or that no key here opens. */
  | 'storageRecord.refused'
  | 'storageRecord.putBack'
  | 'listener.failed'
  | 'failed';

/** All that a log may hold beside the name of an event: counts and codes, never an id, a name, a text or a key. */
export interface LogFields {
  readonly count?: number;
  readonly code?: string;
}

/** Called at once, in the middle of the work that it tells about. */
export type CoreLog = (event: LogEvent, fields?: LogFields) => void;
