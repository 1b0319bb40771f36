import { z } from 'zod';
import {
  DeviceIdField,
  EmailField,
  fixedBytes,
  IdentifierField,
  someBytes,
  StepUpTokenField,
  UnixMsField,
  UsernameField,
} from './fields.js';
import { LIMITS } from './limits.js';
import { LENGTH, PasswordAuthentication, SecondFactorField, Signature } from './rest.js';

/** What came by mail, as it is typed: capitals and digits in groups, read generously. */
const MailCodeField = z
  .string()
  .min(16)
  .max(32)
  .regex(/^[0-9A-Za-z -]+$/, 'not a code from a mail');

/** What the server knows of the own account, for its owner to see. */
export const OwnAccount = z.strictObject({
  username: UsernameField,
  email: EmailField.optional(),
  /** Mail to the address was read. Absent where the host sends no mail. */
  emailConfirmedAt: UnixMsField.optional(),
  /** An address that becomes the account's once its code is entered. */
  pendingEmail: EmailField.optional(),
  createdAt: UnixMsField,
  secondFactor: z.boolean(),
  /** Backup codes that are left. */
  backupCodes: z.number().int().nonnegative(),
  linkingLocked: z.boolean(),
  /** The host sends mail: addresses can be confirmed, and passwords reset. */
  mail: z.boolean(),
});
export type OwnAccount = z.infer<typeof OwnAccount>;

export const ChangeEmailRequest = z.strictObject({
  stepUpToken: StepUpTokenField,
  /** Absent: no address any more. */
  email: EmailField.optional(),
});
export const ChangedEmail = z.strictObject({
  /** A code was sent; until it is entered nothing changes. */
  confirmationSent: z.boolean(),
});
export const ConfirmEmailRequest = z.strictObject({ code: MailCodeField });

export const RequestPasswordResetRequest = z.strictObject({ identifier: IdentifierField });
/** A reset opens the account on the server, and no key: devices stay as they are. */
export const ResetPasswordRequest = z.strictObject({ code: MailCodeField, authentication: PasswordAuthentication });
export const ChangePasswordRequest = z.strictObject({
  stepUpToken: StepUpTokenField,
  authentication: PasswordAuthentication,
});

export const ProposeSecondFactorRequest = z.strictObject({ stepUpToken: StepUpTokenField });
/** For an authenticator; not asked for before a code of it has been shown. */
export const ProposedSecondFactor = z.strictObject({
  /** Base32 (RFC 4648), to type. */
  secret: z.string().max(64),
  /** `otpauth://`, to scan. */
  uri: z.string().max(512),
});
export type ProposedSecondFactor = z.infer<typeof ProposedSecondFactor>;
export const ConfirmSecondFactorRequest = z.strictObject({ code: SecondFactorField });
export const RenewBackupCodesRequest = z.strictObject({ stepUpToken: StepUpTokenField });
/** Shown once; the server keeps their hashes. */
export const BackupCodes = z.strictObject({ backupCodes: z.array(z.string().max(24)).max(LIMITS.backupCodes) });
export type BackupCodes = z.infer<typeof BackupCodes>;
export const RemoveSecondFactorRequest = z.strictObject({ stepUpToken: StepUpTokenField });

export const LinkingLockRequest = z.strictObject({
  locked: z.boolean(),
  /** Required to lift the lock; anybody at a device may close it. */
  stepUpToken: StepUpTokenField.optional(),
});

export const DeleteAccountRequest = z.strictObject({
  stepUpToken: StepUpTokenField,
  challenge: fixedBytes(LENGTH.challenge),
  signature: Signature,
});

export const ExportAccountRequest = z.strictObject({ stepUpToken: StepUpTokenField });
/** Everything that the server has of an account, but for what is waiting to be read: that goes to the devices. */
export const AccountExport = z.strictObject({
  account: OwnAccount,
  devices: z
    .array(
      z.strictObject({
        deviceId: DeviceIdField,
        linkedAt: UnixMsField,
        lastSeenAt: UnixMsField.optional(),
        signedIn: z.boolean(),
        registrationId: z.number().int(),
        envelopesWaiting: z.number().int().nonnegative(),
        oneTimePreKeys: z.number().int().nonnegative(),
      }),
    )
    .max(LIMITS.devicesMost),
  deviceLists: z.number().int().nonnegative(),
  /** Sealed: only devices of the account can read it. */
  storageRecord: z.strictObject({ version: z.number().int(), record: someBytes(LIMITS.storageRecordBytes) }).optional(),
  archiveBytes: z.number().int().nonnegative(),
  exportedAt: UnixMsField,
});
export type AccountExport = z.infer<typeof AccountExport>;
