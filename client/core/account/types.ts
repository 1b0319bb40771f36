import type { OwnSenderCertificate } from '@sotto/crypto';
import type { AccountId, DeviceId, UnixMs, Username } from '@sotto/protocol/ids';
import type { Bytes, StretchCost } from '@sotto/protocol/wire';
import type { BridgeFailure, PasswordProof } from '@sotto/client/bridge';
import type { Away, Ok, Refused } from '../net/types.js';

/** Runs `work` in one `BEGIN IMMEDIATE` transaction; nested calls join the outer one. */
export type Atomically = <T>(work: () => T) => T;

/** What is pinned of a server at the first contact. Only ever raised, never lowered or exchanged in silence. */
export interface PinnedServer {
  /** Normalised origin, `https://chat.example.org` or `http://127.0.0.1:4711`. */
  readonly origin: string;
  /** 33 bytes. */
  readonly trustRoot: Bytes;
  /** Root-signed server keys of the highest version seen, canonical bytes and signature. */
  readonly keys: { readonly bytes: Bytes; readonly signature: Bytes };
  /** Server certificates that these keys no longer name, for as long as envelopes sealed under them may still wait. */
  readonly replaced: readonly ReplacedCertificate[];
}

export interface ReplacedCertificate {
  readonly certificate: Bytes;
  /** When this device learned of the newer keys. */
  readonly replacedAt: UnixMs;
}

/**
 * Every private key of this account and device. Kept in the SQLCipher database; the seed and LK are wrapped by the password
 * key on top, so that an open database alone can link no device and recover no account.
 */
export interface AccountKeys {
  /** 33 bytes, public. */
  readonly accountIdentityKey: Bytes;
  /** 1,216 bytes, public. */
  readonly recoveryPublicKey: Bytes;
  /** Private half of IK, 32 bytes; `identityKeyPairOf` gives the pair. */
  readonly identityKeyPair: Bytes;
  /** Ed25519 seed of the device signing key, 32 bytes. */
  readonly deviceSigningKey: Bytes;
  readonly profileKey: Bytes;
  readonly storageKey: Bytes;
  /** Kept until the recovery kit is confirmed, and only where it was made: a linked device never has it. */
  readonly wrappedRecoverySeed: Bytes | undefined;
  /** The version of the storage record from which on these storage and profile keys go; 0 for the first ones. */
  readonly keysVersion: number;
  readonly wrappedLinkKey: Bytes;
}

/** Salt and cost of the password stretch, pinned at registration. */
export interface PinnedStretch {
  readonly salt: Bytes;
  readonly cost: StretchCost;
}

/** The refresh token in force, and the one that is to replace it once a refresh has been asked for. */
export interface StoredTokens {
  readonly refreshToken: Bytes;
  readonly nextRefreshToken: Bytes | undefined;
}

export interface AccountRecord {
  /**
   * `pending`: made and stored, not yet known to be accepted by the server. `recovering`: the account is there, and this device is
   * not one of it before its recovery has gone through.
   */
  readonly phase: 'pending' | 'recovering' | 'registered';
  readonly accountId: AccountId;
  readonly username: Username;
  readonly deviceId: DeviceId;
  /** 14-bit libsignal registration id. */
  readonly registrationId: number;
  readonly server: PinnedServer;
  readonly keys: AccountKeys;
  readonly stretch: PinnedStretch;
  /** Absent after signing out, and after the server ended the family. */
  readonly tokens: StoredTokens | undefined;
  /** The `RegisterRequest`, or while recovering the `RecoveryRequest`, as JSON text, until the server is known to have taken it. */
  readonly pendingRequest: string | undefined;
}

/** Where the account is kept (SQL): one row. All calls are synchronous. */
export interface AccountStore {
  find(): AccountRecord | undefined;
  save(record: AccountRecord): void;
  /** Forgets a registration that the server refused, and its prekeys; an account that is `registered` is never removed here. */
  discardPending(): void;
  /** The same for a recovery that was given up. */
  discardRecovering(): void;
}

/** The account as the rest of the core needs it; there only once it is `registered`. */
export interface OwnAccount {
  readonly accountId: AccountId;
  readonly username: Username;
  readonly deviceId: DeviceId;
  readonly registrationId: number;
  readonly server: PinnedServer;
  readonly keys: AccountKeys;
}

/** What a person is told instead of a result. */
export interface Failed {
  readonly outcome: 'failed';
  readonly failure: BridgeFailure;
}

export type AccountResult<T> = Ok<T> | Failed;

export type AccessTokenResult =
  Ok<string> | { readonly outcome: 'signedOut' } | { readonly outcome: 'unlinked' } | Refused | Away;

/** Gives the access token, renewed ahead of its end. */
export interface AccessTokens {
  /** @param refused - the token that the server has just called expired or unknown: another one is wanted */
  get(refused?: string): Promise<AccessTokenResult>;
}

/** `unverifiable`: what the server issued is not for this device, or recipients would refuse it. */
export type SenderCertificateResult = Ok<OwnSenderCertificate> | { readonly outcome: 'unverifiable' } | Refused | Away;

/** The own sender certificate, fetched when needed, checked against the pinned trust root and the own device. */
export interface SenderCertificateSource {
  get(): Promise<SenderCertificateResult>;
}

export interface SeenServer {
  readonly origin: string;
  readonly version: string;
  readonly registration: 'open' | 'invite' | 'closed';
  readonly mail: boolean;
  /** SHA-256 of the trust root in groups of four hex digits. */
  readonly fingerprint: string;
  readonly serverTime: UnixMs;
}

/** As typed. */
export interface RegisterInput {
  readonly address: string;
  readonly username: string;
  readonly password: string;
  readonly email: string | undefined;
  readonly inviteCode: string | undefined;
}

/** What the interface asks about accounts. */
export interface Accounts {
  /** The account of this profile; absent while there is none or its registration has not been answered. */
  find(): OwnAccount | undefined;
  checkServer(address: string): Promise<AccountResult<SeenServer>>;
  register(input: RegisterInput): Promise<AccountResult<OwnAccount>>;
  /** Takes up a registration that a crash or a lost answer left open. `undefined`: there was none. */
  resumeRegistration(): Promise<AccountResult<OwnAccount> | undefined>;
  signIn(proof: PasswordProof): Promise<AccountResult<OwnAccount>>;
  /** Ends the tokens on the server where it can be reached, here in any case. */
  signOut(): Promise<void>;
  checkAccount(input: {
    readonly address: string;
    readonly identifier: string;
    readonly password: string;
    readonly secondFactor?: string | undefined;
  }): Promise<AccountResult<{ readonly username: Username }>>;
}
