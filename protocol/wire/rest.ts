import { z } from 'zod';
import {
  AccountIdField,
  DeviceIdField,
  EmailField,
  fixedBytes,
  IdentifierField,
  KeyIdField,
  RegistrationIdField,
  someBytes,
  StepUpTokenField,
  UnixMsField,
  UsernameField,
} from './fields.js';
import { LIMITS } from './limits.js';

/** Lengths in bytes of what the schemas carry opaquely; `crypto` knows what they mean. */
export const LENGTH = {
  hash: 32,
  ed25519Public: 32,
  ed25519Signature: 64,
  /** A libsignal public key with its type byte. */
  identityKey: 33,
  /** Kyber-1024 public key with its type byte. */
  kyberPublic: 1_569,
  /** X25519 (32) and ML-KEM-768 (1,184). */
  recoveryPublic: 1_216,
  salt: 16,
  secret: 32,
  accessKey: 16,
  challenge: 40,
  linkSessionId: 16,
  linkLookupId: 16,
  mac: 32,
  blobId: 16,
} as const;

export const Signature = fixedBytes(LENGTH.ed25519Signature);
export const Hash = fixedBytes(LENGTH.hash);

/** What Argon2id costs on the client. The server only keeps it; clients never accept less than they have pinned. */
export const StretchCost = z.strictObject({
  memoryKiB: z.number().int().min(65_536).max(1_048_576),
  iterations: z.number().int().min(3).max(64),
  parallelism: z.number().int().min(1).max(16),
});
export type StretchCost = z.infer<typeof StretchCost>;

export const SignedCertificate = z.strictObject({
  bytes: someBytes(LIMITS.certificateBytes),
  dskSignature: Signature,
  ikSignature: Signature,
});

export const SignedDeviceList = z.strictObject({ bytes: someBytes(LIMITS.deviceListBytes), signature: Signature });

export const Receipt = z.strictObject({ time: UnixMsField, signature: Signature });

const SignedPreKey = z.strictObject({
  id: KeyIdField,
  publicKey: fixedBytes(LENGTH.identityKey),
  signature: Signature,
});
const KyberPreKey = z.strictObject({ id: KeyIdField, publicKey: fixedBytes(LENGTH.kyberPublic), signature: Signature });
const OneTimePreKey = z.strictObject({ id: KeyIdField, publicKey: fixedBytes(LENGTH.identityKey) });

export const PreKeyUpload = z.strictObject({
  signedPreKey: SignedPreKey.optional(),
  lastResortKyberPreKey: KyberPreKey.optional(),
  oneTimePreKeys: z.array(OneTimePreKey).max(LIMITS.oneTimePreKeys),
  oneTimeKyberPreKeys: z.array(KyberPreKey).max(LIMITS.oneTimePreKeys),
});
export type PreKeyUpload = z.infer<typeof PreKeyUpload>;

/** Everything that opens and keeps open a session with the server. The refresh token itself is made by the client. */
export const TokenGrant = z.strictObject({
  accountId: AccountIdField,
  username: UsernameField,
  /** `device`: bound to a listed device. `account`: the account pages only. */
  scope: z.enum(['device', 'account']),
  accessToken: z.string().max(LIMITS.accessTokenLength),
  accessTokenLifetimeMs: z.number().int().positive(),
  serverTime: UnixMsField,
});
export type TokenGrant = z.infer<typeof TokenGrant>;

export const ServerInfo = z.strictObject({
  name: z.literal('sotto'),
  version: z.string().max(32),
  serverTime: UnixMsField,
  registration: z.enum(['open', 'invite', 'closed']),
  /** The host sends mail: addresses are confirmed, and passwords can be reset. */
  mail: z.boolean(),
  trustRoot: fixedBytes(LENGTH.identityKey),
  keys: z.strictObject({ bytes: someBytes(1_024), signature: Signature }),
});
export type ServerInfo = z.infer<typeof ServerInfo>;

export const AuthParametersRequest = z.strictObject({ identifier: IdentifierField });
export const AuthParameters = z.strictObject({
  salt: fixedBytes(LENGTH.salt),
  cost: StretchCost,
  /** Server time and a MAC over it: what a device signs at sign-in, so that an old signature opens nothing. */
  challenge: fixedBytes(LENGTH.challenge),
});
export type AuthParameters = z.infer<typeof AuthParameters>;

/** What a client derives of a password, and how (SPEC §4.1). */
export const PasswordAuthentication = z.strictObject({
  salt: fixedBytes(LENGTH.salt),
  cost: StretchCost,
  secret: fixedBytes(LENGTH.secret),
});

/** What the host has given to somebody to let him in; capitals and digits in groups, read generously. */
const InviteCodeField = z
  .string()
  .min(16)
  .max(32)
  .regex(/^[0-9A-Za-z -]+$/, 'not an invite code');

export const RegisterRequest = z.strictObject({
  accountId: AccountIdField,
  username: UsernameField,
  email: EmailField.optional(),
  /** Where the host lets in whoever has one. */
  inviteCode: InviteCodeField.optional(),
  authentication: PasswordAuthentication,
  accountIdentityKey: fixedBytes(LENGTH.identityKey),
  recoveryPublicKey: fixedBytes(LENGTH.recoveryPublic),
  accessKeyVerifier: Hash,
  genesis: SignedDeviceList,
  device: z.strictObject({
    certificate: SignedCertificate,
    registrationId: RegistrationIdField,
    preKeys: PreKeyUpload.required(),
  }),
  refreshTokenHash: Hash,
});
export type RegisterRequest = z.infer<typeof RegisterRequest>;
export const Registered = z.strictObject({ grant: TokenGrant, receipt: Receipt });
export type Registered = z.infer<typeof Registered>;

/** Six digits of an authenticator, or a backup code. */
export const SecondFactorField = z
  .string()
  .min(6)
  .max(24)
  .regex(/^[0-9A-Za-z -]+$/, 'neither six digits nor a backup code');

export const SignInRequest = z.strictObject({
  identifier: IdentifierField,
  secret: fixedBytes(LENGTH.secret),
  /** Where a second factor is on. */
  secondFactor: SecondFactorField.optional(),
  /** Absent: the answer opens the account pages only. */
  device: z
    .strictObject({
      deviceId: DeviceIdField,
      challenge: fixedBytes(LENGTH.challenge),
      refreshTokenHash: Hash,
      signature: Signature,
    })
    .optional(),
});
export type SignInRequest = z.infer<typeof SignInRequest>;

export const RefreshRequest = z.strictObject({
  accountId: AccountIdField,
  deviceId: DeviceIdField,
  refreshToken: fixedBytes(LENGTH.secret),
  /** Hash of the token that replaces this one, made by the client before it asks: a lost answer can be asked for again. */
  nextRefreshTokenHash: Hash,
  signature: Signature,
});
export type RefreshRequest = z.infer<typeof RefreshRequest>;

export const FindAccountRequest = z.strictObject({ username: UsernameField });
export const FoundAccount = z.strictObject({ accountId: AccountIdField, username: UsernameField });
export type FoundAccount = z.infer<typeof FoundAccount>;

export const DeviceListQuery = z.strictObject({
  /** Steps after (epoch, number); both absent: from the newest list that the account identity key signed. */
  afterEpoch: z.coerce.number().int().nonnegative().optional(),
  afterNumber: z.coerce.number().int().nonnegative().optional(),
});
/** The statement that an account goes on under another root (SPEC §3.8), with both signatures. */
export const SignedRootChange = z.strictObject({
  bytes: someBytes(LIMITS.rootChangeBytes),
  newRootSignature: Signature,
  signerSignature: Signature,
});
export type SignedRootChange = z.infer<typeof SignedRootChange>;
export const DeviceListEntry = z.strictObject({
  list: SignedDeviceList,
  /** With the first list under another root than the one before. */
  rootChange: SignedRootChange.optional(),
  receipt: Receipt,
  /** Certificates of the devices that this list names for the first time in this answer. */
  certificates: z.array(SignedCertificate).max(LIMITS.devicesMost),
});
export type DeviceListEntry = z.infer<typeof DeviceListEntry>;
/** Place of a list in its account's chain. */
export const DeviceListPlace = z.strictObject({
  epoch: z.number().int().nonnegative(),
  number: z.number().int().nonnegative(),
});
export type DeviceListPlace = z.infer<typeof DeviceListPlace>;
export const DeviceListPage = z.strictObject({
  accountId: AccountIdField,
  username: UsernameField,
  accountIdentityKey: fixedBytes(LENGTH.identityKey),
  recoveryPublicKey: fixedBytes(LENGTH.recoveryPublic),
  entries: z.array(DeviceListEntry).max(LIMITS.listEntriesPerPage),
  more: z.boolean(),
  /** The newest list. Whoever has verified a later one knows what this server has lost. */
  head: DeviceListPlace,
});
export type DeviceListPage = z.infer<typeof DeviceListPage>;

/** Steps that follow each other, each with the receipt and the certificates that came with it. */
export const RestoreDeviceListRequest = z.strictObject({
  entries: z.array(DeviceListEntry).min(1).max(LIMITS.listEntriesPerRestore),
});
export const RestoredDeviceList = z.strictObject({ head: DeviceListPlace });

/** The keys of an account, sealed to its recovery pair, signed by one of its devices (SPEC §12.3). */
export const SignedRecoveryBlob = z.strictObject({ bytes: someBytes(LIMITS.recoveryBlobBytes), signature: Signature });
export type SignedRecoveryBlob = z.infer<typeof SignedRecoveryBlob>;

export const AppendDeviceListRequest = z.strictObject({
  list: SignedDeviceList,
  /** Required where the list removes a device other than the caller's. */
  stepUpToken: StepUpTokenField.optional(),
  /** The new access key after an unlink; the one before stays good for 14 days, because its holder can send only what clients drop. */
  accessKeyVerifier: Hash.optional(),
  /** The keys of the account, sealed anew at this list: a removed device knows the old ones. */
  recoveryBlob: SignedRecoveryBlob.optional(),
});
export const AppendedDeviceList = z.strictObject({ receipt: Receipt });

export const PublishPreKeysRequest = PreKeyUpload.extend({
  /** Where the server wants all of a device. */
  registrationId: RegistrationIdField.optional(),
});
export type PublishPreKeysRequest = z.infer<typeof PublishPreKeysRequest>;

export const PreKeyCounts = z.strictObject({
  oneTimePreKeys: z.number().int().nonnegative(),
  oneTimeKyberPreKeys: z.number().int().nonnegative(),
  /** The device came back with a lost list (SPEC §14.9): its signed keys and its registration id are wanted as well. */
  wantsAll: z.boolean().optional(),
});
export type PreKeyCounts = z.infer<typeof PreKeyCounts>;

export const ClaimPreKeysRequest = z.strictObject({
  accountId: AccountIdField,
  /** Only the devices to which the caller has no session yet. */
  deviceIds: z.array(DeviceIdField).min(1).max(LIMITS.devicesMost),
  /** Known contacts claim without saying who they are. */
  accessKey: fixedBytes(LENGTH.accessKey).optional(),
});
export const PreKeyBundle = z.strictObject({
  deviceId: DeviceIdField,
  registrationId: RegistrationIdField,
  identityKey: fixedBytes(LENGTH.identityKey),
  signedPreKey: SignedPreKey,
  kyberPreKey: KyberPreKey,
  oneTimePreKey: OneTimePreKey.optional(),
});
export type PreKeyBundle = z.infer<typeof PreKeyBundle>;
export const ClaimedPreKeys = z.strictObject({ bundles: z.array(PreKeyBundle).max(LIMITS.devicesMost) });

export const IssuedSenderCertificate = z.strictObject({ certificate: someBytes(2_048), expiresAt: UnixMsField });
export type IssuedSenderCertificate = z.infer<typeof IssuedSenderCertificate>;

export const Health = z.strictObject({ status: z.enum(['ok', 'stopping', 'databaseAway']) });

export const Empty = z.strictObject({});
