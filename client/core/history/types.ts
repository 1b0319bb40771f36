import type { HistoryView } from '@sotto/client/bridge';
import type { HistoryOffer } from '@sotto/protocol/content';
import type { Bytes } from '@sotto/protocol/wire';

/** At the authorised device: gives a new one the history. */
export interface HistoryExporter {
  /** Messages that would follow, as a person is told before approving. */
  count(): number;
  /** Makes the id and the key of an archive and stores them; runs inside the transaction that approves. Nothing is sent yet; with `hold` nothing for a day. */
  prepare(options: { readonly hold: boolean }): HistoryOffer;
  /** The new device has joined: the archive may be written. Harmless when that has begun. */
  begin(archiveId: Bytes): void;
  /** The link ended without a new device: forgets the archive. Harmless when there is none. */
  withdraw(archiveId: Bytes): void;
  /** How far an archive has come; absent where there is none. */
  progress(archiveId: Bytes): HistoryView | undefined;
}

/** At the new device. */
export interface HistoryImporter {
  /** Stores what is on its way; runs inside the transaction that makes the account. It is fetched once the account is at work. */
  accept(offer: HistoryOffer): void;
}
