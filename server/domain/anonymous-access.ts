import { accessKeyVerifier, AccessKey, constantTimeEqual, type AccessKeyVerifier } from '@sotto/crypto/server';
import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import type { AccessVerifiers, AccountRepository } from '../storage/account-repository.js';
import type { Clock } from './clock.js';
import { refuse, type Refusal } from './outcome.js';

export const ACCESS_DENIED = refuse(
  'accessDenied',
  'The access key is not the one that this account has given to its contacts.',
);

/** An account without a verifier is compared with this all the same, so that its absence takes no other time. */
const NO_VERIFIER = new Uint8Array(32);

/** Does a presented key open an account, by its current verifier or by the one before while that is still good? */
export const opens = (presented: Bytes, known: AccessVerifiers | undefined, now: UnixMs): boolean => {
  const isCurrent = constantTimeEqual<Bytes>(presented, known?.current ?? NO_VERIFIER);
  const previous = known?.previous;
  const isPrevious =
    previous !== undefined && constantTimeEqual<Bytes>(presented, previous.verifier) && now < previous.expiresAt;
  return known !== undefined && (isCurrent || isPrevious);
};

/** The hash by which an access key is known to the server. */
export const presentedVerifier = (accessKey: Bytes): AccessKeyVerifier => accessKeyVerifier(AccessKey.of(accessKey));

/** Lets contacts in by the access key of the person they know, without asking who they are (SPEC §4.5). */
export class AnonymousAccess {
  readonly #accounts: AccountRepository;
  readonly #clock: Clock;

  constructor(accounts: AccountRepository, clock: Clock) {
    this.#accounts = accounts;
    this.#clock = clock;
  }

  /** The same refusal for an account that does not exist. */
  async check(accountId: AccountId, accessKey: Bytes): Promise<Refusal | undefined> {
    const verifiers = await this.#accounts.findAccessVerifiers([accountId]);
    const isOpen = opens(presentedVerifier(accessKey), verifiers.get(accountId), this.#clock());
    return isOpen ? undefined : ACCESS_DENIED;
  }
}
