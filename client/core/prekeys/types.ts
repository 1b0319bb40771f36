import type { Bytes } from '@sotto/protocol/wire';
import type { UnixMs } from '@sotto/protocol/ids';

/** Key ids are 24-bit and counted up per kind, so that an id never names two keys that could both be in use. */
export type PreKeyKind = 'oneTime' | 'signed' | 'kyber';

/** A libsignal record (private half inside) under its id. */
export interface PreKeyRecord {
  readonly id: number;
  readonly record: Bytes;
}

/** Kept until `replacedAt` is 30 days past: first messages made with an older bundle still arrive. */
export interface DatedPreKeyRecord extends PreKeyRecord {
  readonly createdAt: UnixMs;
}

/** New private halves, stored before the public halves leave. */
export interface NewPreKeys {
  readonly oneTime: readonly PreKeyRecord[];
  readonly signed: readonly DatedPreKeyRecord[];
  readonly kyberOneTime: readonly PreKeyRecord[];
  readonly kyberLastResort: readonly DatedPreKeyRecord[];
}

/** When the server took the newest signed and last-resort keys; `undefined` before the first time. */
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
  savePublication(publication: PreKeyPublication): void;
  /** The newest signed and last-resort records, published or not. */
  newestSigned(): DatedPreKeyRecord | undefined;
  newestLastResort(): DatedPreKeyRecord | undefined;
  /** Deletes signed and last-resort keys made before `before`, never the two that `publication` names nor newer ones. */
  deleteReplaced(before: UnixMs, publication: PreKeyPublication): void;
}

export interface PreKeyUpkeep {
  /** Looks whether keys are low or old, and publishes what is due. Safe to call at any time; calls share one run. */
  run(): Promise<void>;
  /** Runs now and then daily, until `stop`. */
  start(): void;
  stop(): void;
}
