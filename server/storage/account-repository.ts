import type { AccountId, UnixMs, Username } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

/** What Argon2id costs the client; the server only hands it back before sign-in. */
export interface StretchCost {
  readonly memoryKiB: number;
  readonly iterations: number;
  readonly parallelism: number;
}

/** How an account proves its password. */
export interface Authentication {
  /** The client's stretching salt, given out before sign-in. */
  readonly salt: Bytes;
  readonly cost: StretchCost;
  /** PHC string of the server's own argon2id over the client's authentication secret. */
  readonly verifier: string;
}

/** Verifiers of the access key with which known contacts send and claim anonymously. */
export interface AccessVerifiers {
  readonly current: Bytes;
  /** Still accepted after an unlink, until `expiresAt`. */
  readonly previous: { readonly verifier: Bytes; readonly expiresAt: UnixMs } | undefined;
}

export interface Account {
  readonly accountId: AccountId;
  /** As registered; compared in lower case. */
  readonly username: Username;
  readonly email: string | undefined;
  readonly authentication: Authentication;
  readonly accountIdentityKey: Bytes;
  readonly recoveryPublicKey: Bytes;
  readonly accessVerifiers: AccessVerifiers;
  readonly createdAt: UnixMs;
  /** When its owner showed that mail to the address is read; absent where the host sends no mail. */
  readonly emailConfirmedAt: UnixMs | undefined;
  /** The host has closed it: nobody signs in. */
  readonly disabledAt: UnixMs | undefined;
  /** Its owner lets no device be added until this is lifted. */
  readonly linkingLockedAt: UnixMs | undefined;
}

export interface NewAccount extends Omit<
  Account,
  'accessVerifiers' | 'emailConfirmedAt' | 'disabledAt' | 'linkingLockedAt'
> {
  readonly accessVerifier: Bytes;
}

export type CreateAccountOutcome =
  | { readonly type: 'created' }
  | { readonly type: 'accountExists' }
  | { readonly type: 'usernameTaken' }
  | { readonly type: 'emailTaken' };

export interface AccountRepository {
  create(account: NewAccount): Promise<CreateAccountOutcome>;
  find(accountId: AccountId): Promise<Account | undefined>;
  /**
   * Makes transactions (required) that change one account's devices, lists or links follow one another. What they depend on is
   * read after this. False: there is no such account.
   */
  lock(accountId: AccountId): Promise<boolean>;
  /** Exact but for case. */
  findByUsername(username: Username): Promise<Account | undefined>;
  /** Exact but for case. */
  findByEmail(email: string): Promise<Account | undefined>;
  /** Verifiers of all accounts that exist among `accountIds`, in one query. */
  findAccessVerifiers(accountIds: readonly AccountId[]): Promise<ReadonlyMap<AccountId, AccessVerifiers>>;
  /** Sets a new current verifier. With `keepPreviousUntil` the old one stays valid until then, else it ends now. */
  replaceAccessVerifier(accountId: AccountId, verifier: Bytes, keepPreviousUntil: UnixMs | undefined): Promise<void>;
  /** Another password. */
  replaceAuthentication(accountId: AccountId, authentication: Authentication): Promise<void>;
  /** Raises the cost of the stored verifier at sign-in. False if another sign-in was first: nothing changed then. */
  replaceAuthenticationVerifier(accountId: AccountId, expected: string, replacement: string): Promise<boolean>;
  /** Another address, or none. Refused where a different account has it. */
  replaceEmail(
    accountId: AccountId,
    email: string | undefined,
    confirmedAt: UnixMs | undefined,
  ): Promise<'replaced' | 'emailTaken'>;
  /** False: there is no such account. */
  setDisabled(accountId: AccountId, disabledAt: UnixMs | undefined): Promise<boolean>;
  setLinkingLocked(accountId: AccountId, lockedAt: UnixMs | undefined): Promise<void>;
  /** Accounts that were closed at this time or later. */
  findDisabledSince(since: UnixMs): Promise<readonly AccountId[]>;
  /** Deletes the account with everything that hangs on it. False: there is no such account. */
  remove(accountId: AccountId): Promise<boolean>;
}
