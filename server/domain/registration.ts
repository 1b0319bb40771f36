import {
  AccountIdentityKey,
  issueReceipt,
  RecoveryPublicKey,
  verifyGenesis,
  verifyPreKeyUpload,
  type ListReceipt,
  type PreKeyUpload,
  type ReceiptKey,
  type VerifiedCertificate,
  type VerifiedHead,
} from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import { LIMITS, type Registered, type RegisterRequest } from '@sotto/protocol/wire';
import type { Log } from '../log.js';
import type { Storage } from '../storage/storage.js';
import type { Emails } from './account/emails.js';
import { shortCodeHash } from './account/short-code.js';
import type { Clock } from './clock.js';
import { deviceListRefusal } from './device-list-refusal.js';
import { SERVER_BUSY } from './fault.js';
import { done, refuse, type Outcome, type Refusal } from './outcome.js';
import type { PasswordHash } from './password-hash.js';
import { preKeyRefusal } from './pre-keys.js';
import { limited, type RateLimiter } from './rate-limit.js';
import { refreshTokenExpiry, type TokenGrants } from './token-grants.js';

const CLOSED = refuse('accessDenied', 'This server takes no registrations.');
const INVITE_REQUIRED = refuse(
  'inviteRequired',
  'This server lets in whoever has an invite code. Ask the host for one.',
);
const INVITE_UNKNOWN = refuse('inviteUnknown', 'This invite code was used up, has expired, or was never given out.');
const BAD_KEYS = refuse('badRequest', 'The account identity key or the recovery public key is malformed.');
const USERNAME_TAKEN = refuse('usernameTaken', 'Somebody has this username. Choose another one.');
const EMAIL_TAKEN = refuse('emailTaken', 'Another account has this email address.');
const ACCOUNT_EXISTS = refuse('accountExists', 'This account is registered already. Sign in to it.');

export interface RegistrationParts {
  readonly storage: Pick<
    Storage,
    'transactions' | 'accounts' | 'devices' | 'deviceLists' | 'preKeys' | 'refreshTokens' | 'invites'
  >;
  readonly passwordHash: PasswordHash;
  readonly grants: TokenGrants;
  readonly limiter: RateLimiter;
  readonly receiptKey: ReceiptKey;
  readonly clock: Clock;
  readonly registration: 'open' | 'invite' | 'closed';
  readonly emails: Emails;
  /** Addresses are an account’s only once they are confirmed. */
  readonly sendsMail: boolean;
  readonly log: Log;
  readonly maxDevices: number;
}

/** What has been verified of a request, and is stored with it in one transaction. */
interface Newcomer {
  readonly request: RegisterRequest;
  readonly head: VerifiedHead;
  readonly device: VerifiedCertificate;
  readonly preKeys: PreKeyUpload;
  readonly verifier: string;
  readonly receipt: ListReceipt;
  readonly now: UnixMs;
}

/** Makes accounts: root keys, genesis list with its receipt, first device with its prekeys and tokens, all of it or nothing. */
export class Registration {
  readonly #parts: RegistrationParts;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  async register(request: RegisterRequest, address: string): Promise<Outcome<Registered>> {
    const { limiter, registration, passwordHash, receiptKey, clock, grants } = this.#parts;
    if (registration === 'closed') return CLOSED;
    if (registration === 'invite' && request.inviteCode === undefined) return INVITE_REQUIRED;
    const limit = await limiter.take('register', address);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const verified = this.#verify(request);
    if (verified.type === 'refused') return verified;
    // Before the expensive hash; the transaction below decides.
    const taken = await this.#findTaken(request);
    if (taken !== undefined) return taken;
    const hashed = await passwordHash.hash(request.authentication.secret);
    if (hashed.type === 'busy') return SERVER_BUSY;
    const now = clock();
    const { head, device } = verified.value;
    const receipt = issueReceipt(receiptKey, request.accountId, head.place, now);
    const refusal = await this.#store({ request, ...verified.value, verifier: hashed.verifier, receipt, now });
    if (refusal !== undefined) return refusal;
    this.#confirmEmail(request);
    const caller = { scope: 'device', accountId: request.accountId, deviceId: device.deviceId } as const;
    return done({ grant: await grants.grant(caller, request.username), receipt });
  }

  #verify(request: RegisterRequest): Outcome<Pick<Newcomer, 'head' | 'device' | 'preKeys'>> {
    const { clock, maxDevices } = this.#parts;
    const accountIdentityKey = AccountIdentityKey.parse(request.accountIdentityKey);
    const recoveryPublicKey = RecoveryPublicKey.parse(request.recoveryPublicKey);
    if (accountIdentityKey === undefined || recoveryPublicKey === undefined) return BAD_KEYS;
    const owner = { accountId: request.accountId, root: { accountIdentityKey, recoveryPublicKey } };
    const genesis = { list: request.genesis, certificates: [request.device.certificate] };
    const list = verifyGenesis(owner, genesis, { mostDevices: maxDevices, acceptedAt: clock() });
    if (list.outcome === 'refused') return deviceListRefusal(list.reason);
    const [device] = list.head.devices;
    if (device === undefined) throw new Error('A verified genesis list names one device.');
    const upload = verifyPreKeyUpload(device.identityKey, request.device.preKeys);
    if (upload.outcome === 'refused') return preKeyRefusal(upload.reason);
    return done({ head: list.head, device, preKeys: upload.preKeys });
  }

  async #findTaken({ accountId, username }: RegisterRequest): Promise<Refusal | undefined> {
    const namesake = await this.#parts.storage.accounts.findByUsername(username);
    if (namesake === undefined) return undefined;
    return namesake.accountId === accountId ? ACCOUNT_EXISTS : USERNAME_TAKEN;
  }

  #store(newcomer: Newcomer): Promise<Refusal | undefined> {
    return this.#parts.storage.transactions.run<Refusal | undefined>(async (abandon) => {
      const refusal =
        (await this.#useInvite(newcomer)) ??
        (await this.#storeAccount(newcomer)) ??
        (await this.#storeDevice(newcomer));
      return refusal === undefined ? undefined : abandon(refusal);
    });
  }

  /** With the account or not at all: a registration that fails uses nothing up. */
  async #useInvite({ request, now }: Newcomer): Promise<Refusal | undefined> {
    const { registration, storage } = this.#parts;
    if (registration !== 'invite') return undefined;
    const hash = shortCodeHash('invite', request.inviteCode ?? '');
    return hash !== undefined && (await storage.invites.use(hash, now)) ? undefined : INVITE_UNKNOWN;
  }

  /** Nobody waits for the mail, and whether it could be sent says nothing about the account. */
  #confirmEmail({ accountId, email }: RegisterRequest): void {
    const { emails, sendsMail, log } = this.#parts;
    if (email === undefined || !sendsMail) return;
    emails
      .sendConfirmation(accountId, email)
      .catch((error: unknown) => log.error('registration.mailFailed', { error }));
  }

  async #storeAccount({ request, head, verifier, receipt, now }: Newcomer): Promise<Refusal | undefined> {
    const { accounts, deviceLists } = this.#parts.storage;
    const created = await accounts.create({
      accountId: request.accountId,
      username: request.username,
      email: this.#parts.sendsMail ? undefined : request.email,
      authentication: { salt: request.authentication.salt, cost: request.authentication.cost, verifier },
      accountIdentityKey: request.accountIdentityKey,
      recoveryPublicKey: request.recoveryPublicKey,
      accessVerifier: request.accessKeyVerifier,
      createdAt: now,
    });
    switch (created.type) {
      case 'accountExists':
        return ACCOUNT_EXISTS;
      case 'usernameTaken':
        return USERNAME_TAKEN;
      case 'emailTaken':
        return EMAIL_TAKEN;
      case 'created':
        break;
    }
    const appended = await deviceLists.append(request.accountId, undefined, {
      ...head.place,
      bytes: head.bytes,
      signature: request.genesis.signature,
      previousHash: NO_PREVIOUS,
      receivedAt: receipt.time,
      receiptSignature: receipt.signature,
    });
    if (appended.type !== 'appended') throw new Error('A new account has a device list already.');
    return undefined;
  }

  async #storeDevice({ request, device, preKeys, now }: Newcomer): Promise<Refusal | undefined> {
    const { devices, preKeys: repository, refreshTokens } = this.#parts.storage;
    const { dskSignature, ikSignature } = request.device.certificate;
    const activated = await devices.activate({
      accountId: request.accountId,
      deviceId: device.deviceId,
      certificate: {
        bytes: device.bytes,
        signingKeySignature: dskSignature,
        identityKeySignature: ikSignature,
        hash: device.hash,
      },
      signingKey: device.signingKey,
      identityKey: device.identityKey,
      linkKey: device.linkKey,
      registrationId: request.device.registrationId,
      linkedAt: now,
    });
    // The id is a hash of the identity key: only somebody who copied a public certificate gets here.
    if (activated.type === 'deviceExists') return ACCOUNT_EXISTS;
    const published = await repository.publish(device, preKeys, LIMITS.oneTimePreKeys);
    if (published.type !== 'published') return preKeyRefusal('repeatedId');
    const family = { tokenHash: request.refreshTokenHash, issuedAt: now, expiresAt: refreshTokenExpiry(now) };
    const started = await refreshTokens.start(
      { accountId: request.accountId, deviceId: device.deviceId, ...family },
      this.#parts.maxDevices,
    );
    if (started.type !== 'started') throw new Error('The first device of a new account could not be signed in.');
    return undefined;
  }
}

/** What a first list names as the list before it. */
const NO_PREVIOUS = new Uint8Array(32);
