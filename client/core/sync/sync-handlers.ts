import type { SyncKind } from '@sotto/protocol/content';
import type { AccountId, UnixMs } from '@sotto/protocol/ids';

/** One kind of sync by its name. */
export type SyncOf<Kind extends SyncKind['kind']> = SyncKind & { readonly kind: Kind };

/**
 * Makes so here what another own device has said. Part of the transaction that opens the envelope. Returns the chats whose
 * messages it has changed.
 *
 * @param serverTime - when the server took the envelope; 0 for what comes out of the storage record
 */
export type SyncHandler<Kind extends SyncKind['kind']> = (
  sync: SyncOf<Kind>,
  serverTime: UnixMs,
) => readonly AccountId[];

/** The registry of sync kinds: a feature that adds a kind adds its handler here, or nothing compiles. */
export type SyncHandlers = { readonly [Kind in SyncKind['kind']]: SyncHandler<Kind> };
