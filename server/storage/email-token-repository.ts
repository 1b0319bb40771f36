import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

/** `confirm`: the address becomes the account's. `reset`: whoever reads the address may set a password. */
export type EmailPurpose = 'confirm' | 'reset';

export interface EmailToken {
  readonly accountId: AccountId;
  /** Where the token was sent. */
  readonly email: string;
}

export interface NewEmailToken extends EmailToken {
  readonly tokenHash: Bytes;
  readonly purpose: EmailPurpose;
  readonly createdAt: UnixMs;
  readonly expiresAt: UnixMs;
}

/** What was sent by mail; the server keeps hashes. */
export interface EmailTokenRepository {
  /** Ends what was sent to this account for this purpose before. */
  replace(token: NewEmailToken): Promise<void>;
  /** Looks without using it up. */
  find(tokenHash: Bytes, purpose: EmailPurpose, now: UnixMs): Promise<EmailToken | undefined>;
  /** Uses a token up, for one of many who try at once. */
  use(tokenHash: Bytes, purpose: EmailPurpose, now: UnixMs): Promise<boolean>;
  /** The address that waits to be confirmed. */
  pendingEmail(accountId: AccountId, now: UnixMs): Promise<string | undefined>;
  endAll(accountId: AccountId): Promise<void>;
  deleteExpired(now: UnixMs): Promise<void>;
}
