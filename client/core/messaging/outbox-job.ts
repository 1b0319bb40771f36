import type { AccountId, DeviceId, EnvelopeId, MessageId, UnixMs } from '@sotto/protocol/ids';
import type { SyncKind } from '@sotto/protocol/content';
import type { Bytes } from '@sotto/protocol/wire';

/** What a job says; the text of a message stands with the message. */
export type OutboxBody =
  | { readonly kind: 'text'; readonly messageRow: number; readonly text: string }
  | { readonly kind: 'receipt'; readonly state: 'delivered' | 'read'; readonly messageIds: readonly MessageId[] }
  /** To the other devices of the own account alone. */
  | { readonly kind: 'sync'; readonly sync: SyncKind }
  /** Nothing but its header, which holds the profile key. */
  | { readonly kind: 'hello' };

/** A content that is to reach every device of one account. Jobs of one chat are done strictly in the order of `id`. */
export interface OutboxJob {
  readonly id: number;
  readonly chatId: AccountId;
  /** The message id in the content's header. */
  readonly contentId: MessageId;
  readonly sequence: number;
  readonly madeAt: UnixMs;
  readonly repairs: number;
  readonly body: OutboxBody;
}

export type NewOutboxJob = Pick<OutboxJob, 'chatId' | 'contentId' | 'sequence' | 'madeAt'> & {
  readonly body:
    | { readonly kind: 'text'; readonly messageRow: number }
    | (OutboxBody & { readonly kind: 'receipt' | 'sync' | 'hello' });
};

/** The sealed form of a job for one device. */
export interface SealedEnvelope {
  readonly deviceId: DeviceId;
  readonly envelopeId: EnvelopeId;
  readonly registrationId: number;
  readonly ciphertext: Bytes;
  /** Recipients refuse it from then on, because the sender certificate inside has run out. */
  readonly expiresAt: UnixMs;
}

/** The way to the server takes time, and its clock may be ahead of this one. */
const EXPIRY_MARGIN_MS = 60_000;

/** Whether what is good until `expiresAt` might no longer be when it gets there. */
export const isRunningOut = (expiresAt: UnixMs, now: UnixMs): boolean => expiresAt <= now + EXPIRY_MARGIN_MS;
