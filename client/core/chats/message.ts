import type { AccountId, MessageId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';

/**
 * The place of a message in its chat, compared field by field. `orderedAt` is the sent time, held at the time when the server
 * took the message, so that a wrong clock cannot push it past those that came later; `sequence` keeps a device's own order
 * within one instant, whatever the order of arrival.
 */
export interface Place {
  readonly orderedAt: UnixMs;
  readonly sequence: number;
  readonly messageId: MessageId;
}

export type MessageBody =
  | { readonly kind: 'text'; readonly text: string }
  /** Content of a kind that this version does not know, to be read again after an update. */
  | { readonly kind: 'unknown'; readonly encoded: Bytes };

export type SendFailure = 'recipientGone' | 'deviceTrouble' | 'refused';

export type MessageState =
  | { readonly state: 'waiting' | 'sent' | 'delivered' | 'read' }
  | { readonly state: 'failed'; readonly failure: SendFailure }
  /** Received. */
  | { readonly state: 'unread' | 'seen' };

/** A message that is to be written down. */
export interface NewMessage {
  readonly chatId: AccountId;
  readonly sender: AccountId;
  readonly own: boolean;
  readonly body: MessageBody;
  readonly sentAt: UnixMs;
  readonly place: Place;
  /** An own one is `waiting`, a received one `unread`, where nothing else is said. */
  readonly state?: 'waiting' | 'sent' | 'delivered' | 'read' | 'unread' | 'seen';
}

/** A message as it stands in the database; `row` is its key there. */
export type StoredMessage = Omit<NewMessage, 'state'> & MessageState & { readonly row: number };
