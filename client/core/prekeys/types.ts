import type { Bytes } from '@sotto/protocol/wire';
import type { UnixMs } from '@sotto/protocol/ids';

/** Key ids are 24-bit and counted up per kind, so that an id never names two keys that could both be in use. */
export type PreKeyKind = 'oneTime' | 'signed' | 'kyber';

/** A libsignal record (private half inside) under its id. */
export interface PreKeyRecord {
  readonly id: number;
  readonly record: Bytes;
}

/** A signed or last-resort key. It is kept for 30 days after another has replaced it: first messages to it still arrive. */
export interface DatedPreKeyRecord extends PreKeyRecord {
  /** When it was made; once it is published, when that was: from then on it replaces the one before it. */
  readonly createdAt: UnixMs;
}

/** New private halves, stored before the public halves leave. */
export interface NewPreKeys {
  readonly oneTime: readonly PreKeyRecord[];
  readonly signed: readonly DatedPreKeyRecord[];
  readonly kyberOneTime: readonly PreKeyRecord[];
  readonly kyberLastResort: readonly DatedPreKeyRecord[];
}

/** The signed and last-resort keys that the server gives out now, and since when. */
export interface PreKeyPublication {
  readonly signedPreKeyId: number;
  readonly lastResortKyberPreKeyId: number;
  readonly publishedAt: UnixMs;
}

/** Where the private halves are kept (SQL). All calls are synchronous. Runs inside `atomically` where several go together. */
export interface PreKeyStore {
  /** Reserves `count` ids that follow the last one of this kind (1 to 0xffffff, then 1 again); a crash may waste them. */
  reserveIds(kind: PreKeyKind, count: number): readonly number[];
  add(preKeys: NewPreKeys): void;
  findPublication(): PreKeyPublication | undefined;
  /** Also dates the two keys that it names: they are in use from `publishedAt` on. */
  savePublication(publication: PreKeyPublication): void;
  /** In no order; published or not. */
  listSigned(): readonly DatedPreKeyRecord[];
  listLastResort(): readonly DatedPreKeyRecord[];
  deleteReplaced(ids: { readonly signed: readonly number[]; readonly lastResort: readonly number[] }): void;
}

/** What upkeep tells a log. */
export type PreKeyEvent =
  | { readonly event: 'published'; readonly oneTime: number; readonly kyberOneTime: number; readonly rotated: boolean }
  /** The server did not take them; the next run tries again. */
  | { readonly event: 'notPublished'; readonly code: string }
  /** A bug, or storage that does not work. */
  | { readonly event: 'failed'; readonly error: unknown };

export interface PreKeyUpkeep {
  /** Looks whether keys are low or old, and publishes what is due. Safe to call at any time; calls share one run. */
  run(): Promise<void>;
  /** Runs daily until `stop`. */
  start(): void;
  stop(): void;
}
