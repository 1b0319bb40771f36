import {
  DeviceSigningPublicKey,
  Ed25519Signature,
  RefreshTokenHash,
  SignInChallenge,
  verifySignInChallenge,
  verifySignInProof,
  type ChallengeKey,
} from '@sotto/crypto/server';
import type { SignInRequest, TokenGrant } from '@sotto/protocol/wire';
import type { Account, AccountRepository } from '../storage/account-repository.js';
import type { DeviceRepository } from '../storage/device-repository.js';
import type { RefreshTokenRepository } from '../storage/refresh-token-repository.js';
import type { SecondFactors } from './account/second-factors.js';
import { Attempt } from './attempt.js';
import type { Clock } from './clock.js';
import { SERVER_BUSY } from './fault.js';
import { findByIdentifier, identifierKey } from './identifier.js';
import { done, refuse, type Outcome, type Refusal } from './outcome.js';
import type { PasswordHash } from './password-hash.js';
import type { RateLimiter } from './rate-limit.js';
import { refreshTokenExpiry, type TokenGrants } from './token-grants.js';

const WRONG = refuse('wrongCredentials', 'The name or the password is wrong.');
export const DISABLED = refuse('accountDisabled', 'The host of this server has closed this account. Ask the host.');
const NOT_LISTED = refuse(
  'deviceNotListed',
  'The password is right, but this device is not on the device list. Without "device" the sign-in opens the account pages.',
);
const BAD_CHALLENGE = refuse(
  'badRequest',
  'The challenge is not a fresh one of this server. Ask for the parameters again.',
);
const BAD_PROOF = refuse('invalidSignature', 'The signature of the device does not cover this sign-in.');
const TOO_MANY = refuse(
  'accessDenied',
  'As many devices as this server allows are signed in. Sign out on one of them.',
);

type DeviceProof = NonNullable<SignInRequest['device']>;

export interface SignInParts {
  readonly accounts: AccountRepository;
  readonly devices: DeviceRepository;
  readonly refreshTokens: RefreshTokenRepository;
  readonly passwordHash: PasswordHash;
  readonly secondFactors: SecondFactors;
  readonly grants: TokenGrants;
  readonly limiter: RateLimiter;
  readonly challengeKey: ChallengeKey;
  readonly clock: Clock;
  readonly maxDevices: number;
}

/** Exchanges the authentication secret for tokens; with a device's signature for tokens of that device (SPEC §4.3). */
export class SignIn {
  readonly #parts: SignInParts;

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  async signIn(request: SignInRequest, address: string): Promise<Outcome<TokenGrant>> {
    const { accounts, grants } = this.#parts;
    const attempt = new Attempt(this.#parts.limiter, [
      ['signInFailureOfAddress', address],
      ['signInFailure', `${address} ${identifierKey(request.identifier)}`],
    ]);
    const limit = await attempt.begin();
    if (limit !== undefined) return limit;
    const account = await findByIdentifier(accounts, request.identifier);
    const refusal = await this.#checkPassword(account, request.secret);
    if (account === undefined || refusal !== undefined) {
      // Only guesses count, not a server that is busy.
      if (refusal === SERVER_BUSY) await attempt.forget();
      return refusal ?? WRONG;
    }
    await attempt.forget();
    if (account.disabledAt !== undefined) return DISABLED;
    const unproven = await this.#parts.secondFactors.check(account.accountId, request.secondFactor);
    if (unproven !== undefined) return unproven;
    if (request.device === undefined) {
      return done(await grants.grant({ scope: 'account', accountId: account.accountId }, account.username));
    }
    return this.#signInDevice(account, request.device);
  }

  async #checkPassword(account: Account | undefined, secret: Uint8Array): Promise<Refusal | undefined> {
    const { passwordHash, accounts } = this.#parts;
    const stored = account?.authentication.verifier;
    const verdict = await passwordHash.verify(stored, secret);
    if (verdict.type === 'busy') return SERVER_BUSY;
    if (verdict.type === 'differs') return WRONG;
    if (account !== undefined && stored !== undefined && verdict.isOutdated) {
      const raised = await passwordHash.hash(secret);
      if (raised.type === 'hashed')
        await accounts.replaceAuthenticationVerifier(account.accountId, stored, raised.verifier);
    }
    return undefined;
  }

  async #signInDevice(account: Account, proof: DeviceProof): Promise<Outcome<TokenGrant>> {
    const { devices, refreshTokens, grants, clock, maxDevices } = this.#parts;
    const address = { accountId: account.accountId, deviceId: proof.deviceId };
    const device = await devices.find(address);
    if (device === undefined) return NOT_LISTED;
    const refusal = this.#checkProof(address, proof, DeviceSigningPublicKey.of(device.signingKey));
    if (refusal !== undefined) return refusal;
    const now = clock();
    const family = { tokenHash: proof.refreshTokenHash, issuedAt: now, expiresAt: refreshTokenExpiry(now) };
    const started = await refreshTokens.start({ ...address, ...family }, maxDevices);
    switch (started.type) {
      case 'unknownDevice':
        return NOT_LISTED;
      case 'tooManyFamilies':
        return TOO_MANY;
      case 'started':
        return done(await grants.grant({ scope: 'device', ...address }, account.username));
    }
  }

  #checkProof(
    address: Pick<DeviceProof, 'deviceId'> & Pick<Account, 'accountId'>,
    proof: DeviceProof,
    signingKey: DeviceSigningPublicKey,
  ): Refusal | undefined {
    const { challengeKey, clock } = this.#parts;
    const challenge = SignInChallenge.of(proof.challenge);
    if (verifySignInChallenge(challengeKey, challenge, clock()) !== 'fresh') return BAD_CHALLENGE;
    const statement = { ...address, challenge, refreshTokenHash: RefreshTokenHash.of(proof.refreshTokenHash) };
    return verifySignInProof(signingKey, statement, Ed25519Signature.of(proof.signature)) ? undefined : BAD_PROOF;
  }
}
