import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

export interface Invite {
  /** What the host calls it by; it opens nothing. */
  readonly inviteId: string;
  readonly usesLeft: number;
  readonly createdAt: UnixMs;
  readonly expiresAt: UnixMs;
}

export interface NewInvite extends Invite {
  readonly inviteHash: Bytes;
}

/** Codes that let somebody register; the server keeps their hashes. */
export interface InviteRepository {
  add(invite: NewInvite): Promise<void>;
  /** Uses the code up by one, for as many as it has left of those who try at once. False: unknown, expired or used up. */
  use(inviteHash: Bytes, now: UnixMs): Promise<boolean>;
  /** Those that still let somebody in, newest first. */
  list(now: UnixMs): Promise<readonly Invite[]>;
  /** False: there was none. */
  remove(inviteId: string): Promise<boolean>;
  deleteExpired(now: UnixMs): Promise<void>;
}
