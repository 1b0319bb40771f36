import { z } from 'zod';
import {
  AccountIdField,
  DeviceIdField,
  fixedBytes,
  RegistrationIdField,
  someBytes,
  UnixMsField,
  UsernameField,
} from './fields.js';
import { LIMITS } from './limits.js';
import {
  Hash,
  LENGTH,
  PreKeyUpload,
  Receipt,
  Signature,
  SignedCertificate,
  SignedDeviceList,
  StretchCost,
  TokenGrant,
} from './rest.js';

/** Under this id the blob of a recovery key is found; it is derived from the key, so only its holder knows it. */
const BlobId = fixedBytes(LENGTH.blobId);
const Secret = fixedBytes(LENGTH.secret);

/** The keys of an account, sealed to its recovery pair, signed by one of its devices (SPEC §10.2). */
export const SignedRecoveryBlob = z.strictObject({ bytes: someBytes(LIMITS.recoveryBlobBytes), signature: Signature });
export type SignedRecoveryBlob = z.infer<typeof SignedRecoveryBlob>;

/** A blob on its way to the server, with what opens the way back to it. */
export const RecoveryBlobUpload = z.strictObject({
  blobId: BlobId,
  fetchSecretHash: Hash,
  blob: SignedRecoveryBlob,
});
export type RecoveryBlobUpload = z.infer<typeof RecoveryBlobUpload>;

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
  /** Says and signs everything below but the password proof. */
  statement: z.strictObject({ bytes: someBytes(LIMITS.recoveryRequestBytes), signature: Signature }),
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
  blob: RecoveryBlobUpload,
  /** With it nobody can veto. */
  password: PasswordProof.optional(),
});
export type RecoveryRequest = z.infer<typeof RecoveryRequest>;

/** `held`: the same request again after `until` commits, unless a device of the account vetoes it. */
export const RecoveryAnswer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('done'), grant: TokenGrant, receipt: Receipt }),
  z.strictObject({ type: z.literal('held'), until: UnixMsField, serverTime: UnixMsField }),
]);
export type RecoveryAnswer = z.infer<typeof RecoveryAnswer>;

/** A recovery or a new root that waits, as the account's devices see it. They verify the statement before they act on it. */
export const PendingRecoveries = z.strictObject({
  recoveries: z
    .array(
      z.strictObject({
        requestHash: Hash,
        statement: someBytes(LIMITS.recoveryRequestBytes),
        signature: Signature,
        requestedAt: UnixMsField,
        until: UnixMsField,
        /** False: a password came with it. */
        vetoable: z.boolean(),
        vetoed: z.boolean(),
      }),
    )
    .max(LIMITS.pendingRecoveries),
  newRoot: z
    .strictObject({
      statementHash: Hash,
      statement: someBytes(LIMITS.newRootBytes),
      signature: Signature,
      requestedAt: UnixMsField,
      until: UnixMsField,
    })
    .optional(),
  serverTime: UnixMsField,
});
export type PendingRecoveries = z.infer<typeof PendingRecoveries>;

/** `signature` is by the link key of the calling device. */
export const RecoveryVetoRequest = z.strictObject({ requestHash: Hash, signature: Signature });
export type RecoveryVetoRequest = z.infer<typeof RecoveryVetoRequest>;

/** Who vouches for a new root: the key that it replaces, or a device's link key. */
const RootVoucher = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('accountIdentityKey'), signature: Signature }),
  z.strictObject({ by: z.literal('linkKey'), deviceId: DeviceIdField, signature: Signature }),
]);

/** The statement of a new root with its signatures, as peers verify it. */
export const SignedNewRoot = z.strictObject({
  statement: someBytes(LIMITS.newRootBytes),
  /** By the new account identity key, which thereby shows that it exists. */
  signature: Signature,
  voucher: RootVoucher,
});
export type SignedNewRoot = z.infer<typeof SignedNewRoot>;

export const NewRootRequest = z.strictObject({
  newRoot: SignedNewRoot,
  /** The first list of a new epoch, under the new root, naming devices of the present head alone. */
  list: SignedDeviceList,
  blob: RecoveryBlobUpload,
});
export type NewRootRequest = z.infer<typeof NewRootRequest>;

/** `held`: the same statement again after `until` commits, with a list for the head of that time. */
export const NewRootAnswer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('done'), receipt: Receipt }),
  z.strictObject({ type: z.literal('held'), until: UnixMsField, serverTime: UnixMsField }),
]);
export type NewRootAnswer = z.infer<typeof NewRootAnswer>;

/** Whoever holds the recovery key and knows the password ends the notice of a new root. */
export const CancelNewRootRequest = z.strictObject({
  accountId: AccountIdField,
  statementHash: Hash,
  challenge: fixedBytes(LENGTH.challenge),
  /** By the present account identity key. */
  signature: Signature,
  password: PasswordProof,
});
export type CancelNewRootRequest = z.infer<typeof CancelNewRootRequest>;
