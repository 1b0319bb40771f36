/**
 * Every kind of key, signature, hash and opaque bytes, typed by its role: a public key cannot stand where a secret belongs,
 * nor the key of one purpose where another's does (`keys.test.ts` proves it). Public values are branded byte arrays,
 * secrets are instances of `Secret`.
 *
 * This is the one file of the package where a type assertion may stand: a brand has no other way in.
 */
import { isCurveCoordinate, isCurvePublicKey } from './curve-key.js';
import { Secret } from './secret.js';
import type { RandomSource } from './environment.js';

/** Bytes with a buffer of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

declare const brand: unique symbol;
type Branded<Name extends string> = Bytes & { readonly [brand]: Name };

/** The two ways into a role. Both copy, so that a later change of the source cannot reach a value that was checked. */
export interface ByteRole<Value> {
  /** Untrusted bytes: `undefined` unless they have the form of this role. */
  parse(bytes: Uint8Array): Value | undefined;
  /** Bytes that this device made or kept itself. Throws a `RangeError` where `parse` says `undefined`. */
  of(bytes: Uint8Array): Value;
}

interface SecretRole<Role extends string> extends ByteRole<Secret<Role>> {
  /** A new one, straight from the source of randomness. */
  generate(random: RandomSource): Secret<Role>;
}

type IsValid = (bytes: Uint8Array) => boolean;

const ofLength =
  (length: number): IsValid =>
  (bytes) =>
    bytes.length === length;

const role = <Value>(name: string, isValid: IsValid, make: (bytes: Uint8Array) => Value): ByteRole<Value> => ({
  parse: (bytes) => (isValid(bytes) ? make(bytes) : undefined),
  of: (bytes) => {
    if (!isValid(bytes)) throw new RangeError(`These ${bytes.length} bytes cannot be: ${name}.`);
    return make(bytes);
  },
});

const publicRole = <Name extends string>(name: Name, isValid: IsValid): ByteRole<Branded<Name>> =>
  role(name, isValid, (bytes) => new Uint8Array(bytes) as Branded<Name>);

const secretRole = <const Name extends string>(name: Name, length: number): SecretRole<Name> => {
  const bytesRole = role(name, ofLength(length), (bytes) => new Secret(name, bytes));
  return { ...bytesRole, generate: (random) => bytesRole.of(random.bytes(length)) };
};

/** A libsignal KEM public key: type byte of Kyber-1024 and 1,568 bytes. */
const KYBER1024_TYPE = 0x08;
const isKyberKey: IsValid = (bytes) => bytes.length === 1_569 && bytes[0] === KYBER1024_TYPE;

/** Secrets that have a form of their own, so that random bytes make none. */
const secretBytes = <const Name extends string>(name: Name, isValid: IsValid): ByteRole<Secret<Name>> =>
  role(name, isValid, (bytes) => new Secret(name, bytes));

/** Records that this device wrote itself. No upper limit: a session grows with every message that it has skipped. */
const secretRecord = <const Name extends string>(name: Name): ByteRole<Secret<Name>> =>
  secretBytes(name, (bytes) => bytes.length > 0);

const MOST_OPAQUE_BYTES = 1024 * 1024;
const isOpaque: IsValid = (bytes) => bytes.length > 0 && bytes.length <= MOST_OPAQUE_BYTES;

const MOST_ARCHIVE_RECORD_BYTES = 256 * 1024;
const isArchiveRecord: IsValid = (bytes) => bytes.length > 0 && bytes.length <= MOST_ARCHIVE_RECORD_BYTES;

// Keys of an account (SPEC §2.1)

/** Public half of the account identity key (AIK), 33 bytes. */
export const AccountIdentityKey = publicRole('AccountIdentityKey', isCurvePublicKey);
export type AccountIdentityKey = Branded<'AccountIdentityKey'>;
/** Private half of the AIK, 32 bytes; lives only between the recovery seed and a signature. */
export const AccountIdentityPrivateKey = secretRole('account identity private key', 32);
export type AccountIdentityPrivateKey = Secret<'account identity private key'>;
/** What the recovery kit carries: 256 random bits from which AIK and the recovery pair are derived. */
export const RecoverySeed = secretRole('recovery seed', 32);
export type RecoverySeed = Secret<'recovery seed'>;
/** X25519 (32) and ML-KEM-768 (1,184) public keys to which recovery blobs are sealed. */
export const RecoveryPublicKey = publicRole('RecoveryPublicKey', ofLength(1_216));
export type RecoveryPublicKey = Branded<'RecoveryPublicKey'>;
/** Encrypts the profile and gives the access key; contacts get it in messages. A libsignal zkgroup profile key. */
export const ProfileKey = secretRole('profile key', 32);
export type ProfileKey = Secret<'profile key'>;
/** Lets its holder send to and claim for an account without saying who they are. */
export const AccessKey = secretRole('access key', 16);
export type AccessKey = Secret<'access key'>;
/** What the server keeps of an access key: a hash. */
export const AccessKeyVerifier = publicRole('AccessKeyVerifier', ofLength(32));
export type AccessKeyVerifier = Branded<'AccessKeyVerifier'>;
/** Encrypts the synchronised state of an account. */
export const StorageKey = secretRole('storage key', 32);
export type StorageKey = Secret<'storage key'>;

/** Encrypts one history archive. */
export const HistoryKey = secretRole('history key', 32);
export type HistoryKey = Secret<'history key'>;

// Recovery (SPEC §12)

/** Where a server keeps the recovery blob of a root. */
export const RecoveryBlobId = publicRole('RecoveryBlobId', ofLength(16));
export type RecoveryBlobId = Branded<'RecoveryBlobId'>;
/** Shown to fetch the blob. */
export const RecoveryFetchSecret = secretRole('recovery fetch secret', 32);
export type RecoveryFetchSecret = Secret<'recovery fetch secret'>;
/** What the server keeps of the fetch secret: a hash. */
export const RecoveryFetchVerifier = publicRole('RecoveryFetchVerifier', ofLength(32));
export type RecoveryFetchVerifier = Branded<'RecoveryFetchVerifier'>;
/** A recovery blob, sealed. */
export const RecoveryBlobBytes = publicRole('RecoveryBlobBytes', isOpaque);
export type RecoveryBlobBytes = Branded<'RecoveryBlobBytes'>;
export const RecoveryBlobHash = publicRole('RecoveryBlobHash', ofLength(32));
export type RecoveryBlobHash = Branded<'RecoveryBlobHash'>;
/** Hash of everything that opens the account after a recovery: authentication secret, salt and cost. */
export const RecoveryAuthenticationHash = publicRole('RecoveryAuthenticationHash', ofLength(32));
export type RecoveryAuthenticationHash = Branded<'RecoveryAuthenticationHash'>;
/** Names a recovery request or a change of root while it waits. */
export const HeldRequestHash = publicRole('HeldRequestHash', ofLength(32));
export type HeldRequestHash = Branded<'HeldRequestHash'>;
/** Canonical bytes of the statement that one root follows another (SPEC §3.8). */
export const RootChangeBytes = publicRole('RootChangeBytes', isOpaque);
export type RootChangeBytes = Branded<'RootChangeBytes'>;

// Keys of a device (SPEC §2.1)

/** Public half of the device identity key (IK), 33 bytes; the device id is its hash. */
export const IdentityPublicKey = publicRole('IdentityPublicKey', isCurvePublicKey);
export type IdentityPublicKey = Branded<'IdentityPublicKey'>;
/** Private half of IK, 32 bytes. */
export const IdentityPrivateKey = secretRole('identity private key', 32);
export type IdentityPrivateKey = Secret<'identity private key'>;
export interface IdentityKeyPair {
  readonly publicKey: IdentityPublicKey;
  readonly privateKey: IdentityPrivateKey;
}
/** Public half of the device signing key (DSK), Ed25519. */
export const DeviceSigningPublicKey = publicRole('DeviceSigningPublicKey', ofLength(32));
export type DeviceSigningPublicKey = Branded<'DeviceSigningPublicKey'>;
/** Ed25519 seed of the DSK. */
export const DeviceSigningKey = secretRole('device signing key', 32);
export type DeviceSigningKey = Secret<'device signing key'>;
/** Public half of the device link key (LK), Ed25519. */
export const LinkPublicKey = publicRole('LinkPublicKey', ofLength(32));
export type LinkPublicKey = Branded<'LinkPublicKey'>;
/** Ed25519 seed of LK; at rest only wrapped by the password key. */
export const LinkKey = secretRole('link key', 32);
export type LinkKey = Secret<'link key'>;
/** The raw key of the local SQLCipher database. */
export const DatabaseKey = secretRole('database key', 32);
export type DatabaseKey = Secret<'database key'>;

// Sessions (SPEC §5)

/** Public half of a signed or one-time prekey, 33 bytes. */
export const PreKeyPublicKey = publicRole('PreKeyPublicKey', isCurvePublicKey);
export type PreKeyPublicKey = Branded<'PreKeyPublicKey'>;
/** Public half of a Kyber-1024 prekey with libsignal's type byte, 1,569 bytes. */
export const KyberPublicKey = publicRole('KyberPublicKey', isKyberKey);
export type KyberPublicKey = Branded<'KyberPublicKey'>;
/** The ephemeral key that the first message of a session begins with, 33 bytes. */
export const BaseKey = publicRole('BaseKey', isCurvePublicKey);
export type BaseKey = Branded<'BaseKey'>;
/** What libsignal keeps of one-time, signed and Kyber prekeys, and of a session, private keys inside. */
export const PreKeyRecord = secretRecord('prekey record');
export type PreKeyRecord = Secret<'prekey record'>;
export const SignedPreKeyRecord = secretRecord('signed prekey record');
export type SignedPreKeyRecord = Secret<'signed prekey record'>;
export const KyberPreKeyRecord = secretRecord('kyber prekey record');
export type KyberPreKeyRecord = Secret<'kyber prekey record'>;
export const SessionRecord = secretRecord('session record');
export type SessionRecord = Secret<'session record'>;
/** An envelope's ciphertext: sealed sender around a ratchet message. */
export const SealedBytes = publicRole('SealedBytes', isOpaque);
export type SealedBytes = Branded<'SealedBytes'>;

// Password (SPEC §4.1)

/** Public salt of the client's password stretch. */
export const StretchSalt = publicRole('StretchSalt', ofLength(16));
export type StretchSalt = Branded<'StretchSalt'>;
/** The half that is sent to sign in. */
export const AuthenticationSecret = secretRole('authentication secret', 32);
export type AuthenticationSecret = Secret<'authentication secret'>;
/** The half that never leaves and wraps LK and the recovery seed. */
export const PasswordKey = secretRole('password key', 32);
export type PasswordKey = Secret<'password key'>;
/** Made from a passphrase that protects a profile on this machine; wraps the database key. */
export const PassphraseKey = secretRole('passphrase key', 32);
export type PassphraseKey = Secret<'passphrase key'>;
/** Kept by the operating system's keychain or in a file; wraps the database key. */
export const KeyEncryptionKey = secretRole('key encryption key', 32);
export type KeyEncryptionKey = Secret<'key encryption key'>;

/** Made from a passphrase that protects a backup file; wraps its history key. */
export const BackupPassphraseKey = secretRole('backup passphrase key', 32);
export type BackupPassphraseKey = Secret<'backup passphrase key'>;

// Keys of a server (SPEC §2.1)

/** Public half of the trust root, a libsignal key of 33 bytes, pinned by clients. */
export const TrustRootPublicKey = publicRole('TrustRootPublicKey', isCurvePublicKey);
export type TrustRootPublicKey = Branded<'TrustRootPublicKey'>;
export const TrustRootPrivateKey = secretRole('trust root private key', 32);
export type TrustRootPrivateKey = Secret<'trust root private key'>;
/** Public half of the key that signs sender certificates. */
export const CertificatePublicKey = publicRole('CertificatePublicKey', isCurvePublicKey);
export type CertificatePublicKey = Branded<'CertificatePublicKey'>;
/** Signs sender certificates. */
export const CertificatePrivateKey = secretRole('certificate private key', 32);
export type CertificatePrivateKey = Secret<'certificate private key'>;
/** A libsignal `ServerCertificate`, serialised. */
export const ServerCertificateBytes = publicRole('ServerCertificateBytes', isOpaque);
export type ServerCertificateBytes = Branded<'ServerCertificateBytes'>;
/** A libsignal `SenderCertificate`, serialised. */
export const SenderCertificateBytes = publicRole('SenderCertificateBytes', isOpaque);
export type SenderCertificateBytes = Branded<'SenderCertificateBytes'>;
/** Ed25519 key under which a server receipts device lists. */
export const ReceiptPublicKey = publicRole('ReceiptPublicKey', ofLength(32));
export type ReceiptPublicKey = Branded<'ReceiptPublicKey'>;
export const ReceiptKey = secretRole('receipt key', 32);
export type ReceiptKey = Secret<'receipt key'>;

/** Authenticates the challenges that a server hands out before sign-in. */
export const ChallengeKey = secretRole('challenge key', 32);
export type ChallengeKey = Secret<'challenge key'>;

// Signatures

export const Ed25519Signature = publicRole('Ed25519Signature', ofLength(64));
export type Ed25519Signature = Branded<'Ed25519Signature'>;
/** A signature by a libsignal identity key. */
export const XEdDsaSignature = publicRole('XEdDsaSignature', ofLength(64));
export type XEdDsaSignature = Branded<'XEdDsaSignature'>;

// Hashes, all SHA-256

export const CertificateHash = publicRole('CertificateHash', ofLength(32));
export type CertificateHash = Branded<'CertificateHash'>;
export const ListHash = publicRole('ListHash', ofLength(32));
export type ListHash = Branded<'ListHash'>;
/** SHA-256(AIK ‖ recovery public key): names the root of an account. */
export const RootHash = publicRole('RootHash', ofLength(32));
export type RootHash = Branded<'RootHash'>;
export const RefreshTokenHash = publicRole('RefreshTokenHash', ofLength(32));
export type RefreshTokenHash = Branded<'RefreshTokenHash'>;

// Access to the server (SPEC §4)

/** 256 random bits, made by the client, used once. */
export const RefreshToken = secretRole('refresh token', 32);
export type RefreshToken = Secret<'refresh token'>;
/** What a server hands out before sign-in: its time and a MAC over it. */
export const SignInChallenge = publicRole('SignInChallenge', ofLength(40));
export type SignInChallenge = Branded<'SignInChallenge'>;
/** The link session that made a device; the first device of an account has none. */
export const LinkSessionId = publicRole('LinkSessionId', ofLength(16));
export type LinkSessionId = Branded<'LinkSessionId'>;

// Linking (SPEC §10)

/** One-time X25519 public key of a link, 32 bytes: canonical, not of small order. */
export const LinkEphemeralPublicKey = publicRole('LinkEphemeralPublicKey', isCurveCoordinate);
export type LinkEphemeralPublicKey = Branded<'LinkEphemeralPublicKey'>;
/** Private half of it. */
export const LinkEphemeralPrivateKey = secretRole('link ephemeral private key', 32);
export type LinkEphemeralPrivateKey = Secret<'link ephemeral private key'>;
/** What a link code carries beside the token: the server never sees it. */
export const LinkSecret = secretRole('link secret', 32);
export type LinkSecret = Secret<'link secret'>;
/** What travels between the two ends of a link in one slot of the server: `M1` to `M4`. */
export const LinkMessage = publicRole('LinkMessage', (bytes) => bytes.length > 0 && bytes.length <= 16 * 1024);
export type LinkMessage = Branded<'LinkMessage'>;
/** A link token: signed, public. */
export const LinkTokenBytes = publicRole('LinkTokenBytes', isOpaque);
export type LinkTokenBytes = Branded<'LinkTokenBytes'>;
/** Names the keys of a new device inside a token that it signed itself. */
export const LinkKeysHash = publicRole('LinkKeysHash', ofLength(32));
export type LinkKeysHash = Branded<'LinkKeysHash'>;
/** The beginning of the hash of the server's TLS key. */
export const TlsKeyPin = publicRole('TlsKeyPin', ofLength(16));
export type TlsKeyPin = Branded<'TlsKeyPin'>;
/** Shows that its maker holds the link code, which somebody else has claimed. */
export const LinkContest = publicRole('LinkContest', ofLength(32));
export type LinkContest = Branded<'LinkContest'>;
/** A hash over everything that both ends of a link have said so far. */
export const LinkTranscript = publicRole('LinkTranscript', ofLength(32));
export type LinkTranscript = Branded<'LinkTranscript'>;
/** Encrypts what one end of a link says to the other. */
export const LinkChannelKey = secretRole('link channel key', 32);
export type LinkChannelKey = Secret<'link channel key'>;
/** ML-KEM-768 key with which a link is encapsulated. */
export const LinkKemPublicKey = publicRole('LinkKemPublicKey', ofLength(1_184));
export type LinkKemPublicKey = Branded<'LinkKemPublicKey'>;
/** Its ciphertext. */
export const LinkKemCiphertext = publicRole('LinkKemCiphertext', ofLength(1_088));
export type LinkKemCiphertext = Branded<'LinkKemCiphertext'>;
/** The seed (d ‖ z) of that key. */
export const LinkKemSeed = secretRole('link KEM seed', 64);
export type LinkKemSeed = Secret<'link KEM seed'>;
/** The randomness of an encapsulation, drawn beforehand so that a restart repeats it. */
export const LinkKemRandomness = secretRole('link KEM randomness', 32);
export type LinkKemRandomness = Secret<'link KEM randomness'>;
/** What one end adds to the transcript. */
export const LinkNonce = secretRole('link nonce', 32);
export type LinkNonce = Secret<'link nonce'>;
/** The code that a person types where nothing can scan: 115 random bits and 5 check bits. */
export const ManualCode = secretBytes('manual code', ofLength(15));
export type ManualCode = Secret<'manual code'>;
/** Under which the server keeps the token of a manual code. */
export const LinkLookupId = publicRole('LinkLookupId', ofLength(16));
export type LinkLookupId = Branded<'LinkLookupId'>;
/** A link under way, private keys inside, as it is kept in the client's encrypted database. */
export const LinkState = secretRecord('link state');
export type LinkState = Secret<'link state'>;

// Opaque bytes

/** Canonical bytes of a device certificate (SPEC §3.1). */
export const CertificateBytes = publicRole('CertificateBytes', isOpaque);
export type CertificateBytes = Branded<'CertificateBytes'>;
/** Canonical bytes of a device list (SPEC §3.2). */
export const DeviceListBytes = publicRole('DeviceListBytes', isOpaque);
export type DeviceListBytes = Branded<'DeviceListBytes'>;
/** Canonical bytes of a server-keys document (SPEC §3.6). */
export const ServerKeysBytes = publicRole('ServerKeysBytes', isOpaque);
export type ServerKeysBytes = Branded<'ServerKeysBytes'>;
/** The encrypted account state that the devices of an account share (SPEC §13.5). */
export const StorageRecordBytes = publicRole('StorageRecordBytes', isOpaque);
export type StorageRecordBytes = Branded<'StorageRecordBytes'>;
export const StorageRecordHash = publicRole('StorageRecordHash', ofLength(32));
export type StorageRecordHash = Branded<'StorageRecordHash'>;
/** Names an archive; random. */
export const ArchiveId = publicRole('ArchiveId', ofLength(16));
export type ArchiveId = Branded<'ArchiveId'>;
/** One record of an archive, encoded by whoever makes and reads it: 1 byte to 256 KiB. */
export const ArchiveRecord = publicRole('ArchiveRecord', isArchiveRecord);
export type ArchiveRecord = Branded<'ArchiveRecord'>;
/** The beginning of an archive (SPEC §13.1). */
export const ArchiveHeaderBytes = publicRole('ArchiveHeaderBytes', isOpaque);
export type ArchiveHeaderBytes = Branded<'ArchiveHeaderBytes'>;
/** A sealed segment of an archive (SPEC §13.2). */
export const ArchiveSegmentBytes = publicRole('ArchiveSegmentBytes', isOpaque);
export type ArchiveSegmentBytes = Branded<'ArchiveSegmentBytes'>;
/** Hash over an archive, or over its beginning. */
export const ArchiveDigest = publicRole('ArchiveDigest', ofLength(32));
export type ArchiveDigest = Branded<'ArchiveDigest'>;
/** A part of a backup file, as it is written to disk. */
export const BackupFileBytes = publicRole('BackupFileBytes', isOpaque);
export type BackupFileBytes = Branded<'BackupFileBytes'>;
/** A key, wrapped for storage (SPEC §9.1). */
export const WrappedKey = publicRole('WrappedKey', isOpaque);
export type WrappedKey = Branded<'WrappedKey'>;
/** A safety number as a QR code carries it. */
export const ScannableSafetyNumber = publicRole('ScannableSafetyNumber', isOpaque);
export type ScannableSafetyNumber = Branded<'ScannableSafetyNumber'>;
/** What two ends say to each other, before it is encrypted and after it has been decrypted. */
export const Plaintext = publicRole('Plaintext', isOpaque);
export type Plaintext = Branded<'Plaintext'>;
/** The same, encrypted and authenticated. */
export const Ciphertext = publicRole('Ciphertext', isOpaque);
export type Ciphertext = Branded<'Ciphertext'>;

// Numbers

declare const numberBrand: unique symbol;
/** 14-bit libsignal registration id, 1 to 16,383. */
export type RegistrationId = number & { readonly [numberBrand]: 'RegistrationId' };

/** `undefined` unless it is a whole number from 1 to 16,383. */
export const parseRegistrationId = (value: number): RegistrationId | undefined =>
  Number.isInteger(value) && value >= 1 && value <= 0x3fff ? (value as RegistrationId) : undefined;

/** 24-bit id of a prekey, 1 to 16,777,215. */
export type PreKeyId = number & { readonly [numberBrand]: 'PreKeyId' };

/** `undefined` unless it is a whole number from 1 to 16,777,215. */
export const parsePreKeyId = (value: number): PreKeyId | undefined =>
  Number.isInteger(value) && value >= 1 && value <= 0xffffff ? (value as PreKeyId) : undefined;

// Texts that people compare

declare const textBrand: unique symbol;
/** A fingerprint as people read it to each other. */
export type FingerprintText = string & { readonly [textBrand]: 'FingerprintText' };

/** Marks a text as a fingerprint; for the functions that compute one. */
export const fingerprintText = (text: string): FingerprintText => text as FingerprintText;

/** A recovery key as it is printed and typed (SPEC §12.1): the account itself. A string cannot be wiped: let go of it soon. */
export type RecoveryKeyText = string & { readonly [textBrand]: 'RecoveryKeyText' };

/** Marks a text as a recovery key; for the functions that encode one. */
export const recoveryKeyText = (text: string): RecoveryKeyText => text as RecoveryKeyText;

/** One group of four characters of a recovery key. */
export type RecoveryKeyGroup = string & { readonly [textBrand]: 'RecoveryKeyGroup' };

/** Marks a text as a group of a recovery key; for the functions that encode one. */
export const recoveryKeyGroup = (text: string): RecoveryKeyGroup => text as RecoveryKeyGroup;

/** Six digits that a person carries from one device to the other. */
export type LinkDigits = string & { readonly [textBrand]: 'LinkDigits' };

/** What a person typed, blanks aside; `undefined` unless it is six digits. */
export const parseLinkDigits = (text: string): LinkDigits | undefined => {
  const digits = text.replaceAll(/\s/g, '');
  return /^[0-9]{6}$/.test(digits) ? (digits as LinkDigits) : undefined;
};

/** A server as a link code names it: what stands between `//` and `/` in its address. */
export type LinkHost = string & { readonly [textBrand]: 'LinkHost' };

/** `undefined` unless it is 1 to 253 characters of a lower-case ASCII host, with a port or without. */
export const parseLinkHost = (text: string): LinkHost | undefined =>
  /^[a-z0-9._:[\]-]{1,253}$/.test(text) ? (text as LinkHost) : undefined;

/** What a device calls itself or its system while it is being linked. */
export type DeviceLabel = string & { readonly [textBrand]: 'DeviceLabel' };

const MOST_LABEL_BYTES = 128;
/** Controls, line ends and marks of direction, which could make a name look like another, and halves of characters. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u;

/** `undefined` unless it is 1 to 128 bytes of UTF-8 that can be shown in one line, without blanks at its ends. */
export const parseDeviceLabel = (text: string): DeviceLabel | undefined =>
  text !== '' && text === text.trim() && !UNSEEN.test(text) && new TextEncoder().encode(text).length <= MOST_LABEL_BYTES
    ? (text as DeviceLabel)
    : undefined;

/** The text of a link's QR code. It holds the secret: it is shown, and neither stored nor logged. */
export type LinkCodeText = string & { readonly [textBrand]: 'LinkCodeText' };

/** Marks a text as a link code; for the function that encodes one. */
export const linkCodeText = (text: string): LinkCodeText => text as LinkCodeText;
