import type { AccountId, UnixMs, Username } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';

/** `request`: a stranger wrote; they learn nothing until accepted. */
export type Standing = 'request' | 'accepted';

/** A 1:1 chat, named by the other person's account. */
export interface Chat {
  readonly chatId: AccountId;
  readonly username: Username;
  readonly standing: Standing;
  /** What this person sends is dropped. */
  readonly blocked: boolean;
  /** When standing, block or profile key were last set, on whichever device. */
  readonly contactSetAt: UnixMs;
  /** The device list of the other person contradicts itself: sending waits. */
  readonly alarm: boolean;
  /** Theirs; their access key is made of it. */
  readonly profileKey: Bytes | undefined;
  /** The server refused the access key of the present profile key. */
  readonly accessRefused: boolean;
  readonly draft: string;
  readonly draftSetAt: UnixMs;
  readonly unread: number;
  /** Row of the last message in the chat's order. */
  readonly lastMessage: number | undefined;
  readonly activeAt: UnixMs;
}

export interface NewChat {
  readonly chatId: AccountId;
  readonly username: Username;
  readonly standing: Standing;
  readonly createdAt: UnixMs;
}
