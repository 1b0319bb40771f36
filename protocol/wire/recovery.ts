import { z } from 'zod';
import { AccountIdField, fixedBytes, RegistrationIdField, UnixMsField, UsernameField } from './fields.js';
import { LIMITS } from './limits.js';
import {
  Hash,
  LENGTH,
  PreKeyUpload,
  Receipt,
  Signature,
  SignedCertificate,
  SignedDeviceList,
  SignedRecoveryBlob,
  SignedRootChange,
  StretchCost,
  TokenGrant,
} from './rest.js';

/** Under this id the blob of a recovery key is found; it is derived from the key, so only its holder knows it. */
const BlobId = fixedBytes(LENGTH.blobId);
const Secret = fixedBytes(LENGTH.secret);

/** The way to a blob. It is the same for as long as the root is, so only the first blob of a root brings it. */
const RecoveryBlobAccess = z.strictObject({ blobId: BlobId, fetchSecretHash: Hash });

export const PutRecoveryBlobRequest = z.strictObject({
  access: RecoveryBlobAccess.optional(),
  blob: SignedRecoveryBlob,
});
export type PutRecoveryBlobRequest = z.infer<typeof PutRecoveryBlobRequest>;

/** How a password was stretched when it was set. */
const StretchedPassword = z.strictObject({ salt: fixedBytes(LENGTH.salt), cost: StretchCost });

/** Proof of a password that is, or within the last 30 days was, the account's. `salt` says which one. */
const PasswordProof = z.strictObject({ salt: fixedBytes(LENGTH.salt), secret: Secret });

export const RecoveryFetchRequest = z.strictObject({ blobId: BlobId, fetchSecret: Secret });
export type RecoveryFetchRequest = z.infer<typeof RecoveryFetchRequest>;

/** Everything that the holder of a recovery key needs to make a request. */
export const RecoveryFetched = z.strictObject({
  accountId: AccountIdField,
  username: UsernameField,
  accountIdentityKey: fixedBytes(LENGTH.identityKey),
  recoveryPublicKey: fixedBytes(LENGTH.recoveryPublic),
  blob: SignedRecoveryBlob,
  /** The present head of the device list. */
  head: z.strictObject({ epoch: z.number().int().nonnegative(), number: z.number().int().nonnegative(), hash: Hash }),
  challenge: fixedBytes(LENGTH.challenge),
  /** The present password first, then those of the last 30 days. */
  passwords: z.array(StretchedPassword).min(1).max(LIMITS.recoveryPasswords),
  /** A request made now would wait for a veto, because another device is in use. */
  wouldHold: z.boolean(),
  serverTime: UnixMsField,
});
export type RecoveryFetched = z.infer<typeof RecoveryFetched>;

export const RecoveryRequest = z.strictObject({
  accountId: AccountIdField,
  challenge: fixedBytes(LENGTH.challenge),
  /** By the account identity key, over everything here (SPEC §12.4). */
  signature: Signature,
  authentication: z.strictObject({ salt: fixedBytes(LENGTH.salt), cost: StretchCost, secret: Secret }),
  /** The first list of a new epoch, naming the acting device alone. */
  list: SignedDeviceList,
  device: z.strictObject({
    certificate: SignedCertificate,
    registrationId: RegistrationIdField,
    preKeys: PreKeyUpload.required(),
  }),
  refreshTokenHash: Hash,
  accessKeyVerifier: Hash,
  blob: SignedRecoveryBlob,
  /** With it nobody can veto; the signature says whether it is there. */
  password: PasswordProof.optional(),
});
export type RecoveryRequest = z.infer<typeof RecoveryRequest>;

/** `held`: the same request again after `until` commits, unless a device of the account vetoes it. */
export const RecoveryAnswer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('done'), grant: TokenGrant, receipt: Receipt }),
  z.strictObject({ type: z.literal('held'), until: UnixMsField, serverTime: UnixMsField }),
]);
export type RecoveryAnswer = z.infer<typeof RecoveryAnswer>;

/** What was signed of a recovery, so that a device can check it before it tells anybody. */
const RecoveryClaim = z.strictObject({
  challenge: fixedBytes(LENGTH.challenge),
  listHash: Hash,
  certificateHash: Hash,
  authenticationHash: Hash,
  accessKeyVerifier: Hash,
  refreshTokenHash: Hash,
  blobHash: Hash,
  provesPassword: z.boolean(),
});

const PendingRecovery = z.strictObject({
  requestHash: Hash,
  claim: RecoveryClaim,
  signature: Signature,
  requestedAt: UnixMsField,
  until: UnixMsField,
  vetoed: z.boolean(),
});
export type PendingRecovery = z.infer<typeof PendingRecovery>;

const PendingNewRoot = z.strictObject({
  requestHash: Hash,
  rootChange: SignedRootChange,
  requestedAt: UnixMsField,
  until: UnixMsField,
});

/** What waits to change the account, as its devices see it. */
export const PendingRecoveries = z.strictObject({
  recoveries: z.array(PendingRecovery).max(LIMITS.pendingRecoveries),
  newRoot: PendingNewRoot.optional(),
  serverTime: UnixMsField,
});
export type PendingRecoveries = z.infer<typeof PendingRecoveries>;

/** Stops a recovery or a new root. `signature` is by the link key of the calling device. */
export const RecoveryVetoRequest = z.strictObject({ requestHash: Hash, signature: Signature });
export type RecoveryVetoRequest = z.infer<typeof RecoveryVetoRequest>;

export const NewRootRequest = z.strictObject({
  rootChange: SignedRootChange,
  /** The first list of a new epoch, under the new root, naming devices of the present head alone. */
  list: SignedDeviceList,
  access: RecoveryBlobAccess,
  blob: SignedRecoveryBlob,
});
export type NewRootRequest = z.infer<typeof NewRootRequest>;

/** `held`: the same statement again after `until` commits, with a list that follows the head of that time. */
export const NewRootAnswer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('done'), receipt: Receipt }),
  z.strictObject({ type: z.literal('held'), until: UnixMsField, serverTime: UnixMsField }),
]);
export type NewRootAnswer = z.infer<typeof NewRootAnswer>;

/** Whoever holds the recovery key and knows the password ends the notice of a new root. */
export const CancelNewRootRequest = z.strictObject({
  blobId: BlobId,
  fetchSecret: Secret,
  requestHash: Hash,
  password: PasswordProof,
});
export type CancelNewRootRequest = z.infer<typeof CancelNewRootRequest>;
