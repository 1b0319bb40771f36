import { z } from 'zod';
import { Password, SecondFactor } from './proof.js';
import { AppView, UnixMsValue, UsernameValue } from './views.js';

/** What the server knows of the account and may be told to change: address, password, second factor, locks, and its end. */

const None = z.strictObject({});
const Address = z.string().min(1).max(512);
/** Passed on to the core as typed, so that the core can say what is wrong with it. */
const Typed = z.string().max(512);
const Proof = z.strictObject({ password: Password, secondFactor: SecondFactor });

export const AccountPageView = z.strictObject({
  username: UsernameValue,
  email: z.string().max(254).optional(),
  /** Absent: nobody has shown that mail to the address is read. */
  emailConfirmedAt: UnixMsValue.optional(),
  /** Becomes the account's once the code is entered that was sent there. */
  pendingEmail: z.string().max(254).optional(),
  createdAt: UnixMsValue,
  secondFactor: z.boolean(),
  /** Backup codes that are left. */
  backupCodes: z.number().int().nonnegative(),
  linkingLocked: z.boolean(),
  /** The password was reset: what this device keeps under the one before has not been opened since. */
  keysClosed: z.boolean(),
  /** The host sends mail. */
  mail: z.boolean(),
});
export type AccountPageView = z.infer<typeof AccountPageView>;

/** For an authenticator; it counts once a code of it has been entered. */
export const NewSecondFactorView = z.strictObject({
  /** In groups of four, to type. */
  secret: z.string().max(96),
  /** Draw this as a QR. */
  uri: z.string().max(512),
});
export type NewSecondFactorView = z.infer<typeof NewSecondFactorView>;

/** Shown once. */
export const BackupCodesView = z.strictObject({ backupCodes: z.array(z.string().max(24)).max(32) });
export type BackupCodesView = z.infer<typeof BackupCodesView>;

export const ACCOUNT_PAGE_METHODS = {
  accountPage: { params: None, result: AccountPageView },
  /** Without `email`: no address any more. Where the host sends mail, a code goes to the new address first. */
  changeEmail: {
    params: Proof.extend({ email: Typed.optional() }),
    result: z.strictObject({ confirmationSent: z.boolean(), page: AccountPageView }),
  },
  confirmEmail: { params: z.strictObject({ code: Typed }), result: AccountPageView },
  /** Signs all other devices out; their keys open with the new password as well. */
  changePassword: { params: Proof.extend({ newPassword: Password }), result: None },
  /** After a reset by mail: puts what this device keeps under the password before under the present one. */
  openWithEarlierPassword: { params: Proof.extend({ earlierPassword: Password }), result: None },
  proposeSecondFactor: { params: Proof, result: NewSecondFactorView },
  /** Switches the second factor on. */
  confirmSecondFactor: { params: z.strictObject({ code: Typed }), result: BackupCodesView },
  /** All earlier ones end. */
  renewBackupCodes: { params: Proof, result: BackupCodesView },
  removeSecondFactor: { params: Proof, result: AccountPageView },
  lockLinking: { params: None, result: AccountPageView },
  unlockLinking: { params: Proof, result: AccountPageView },
  /** Everything that the server has of the account, as the text of a JSON file. */
  exportAccount: { params: Proof, result: z.strictObject({ fileName: z.string(), text: z.string() }) },
  /** Ends the account on the server for good, and erases it here. */
  deleteAccount: { params: Proof, result: AppView },
  /** Erases everything of the account from this machine; `username` shows that it is meant. The account itself goes on. */
  eraseProfile: { params: z.strictObject({ username: Typed }), result: AppView },

  /** Sends a code to the confirmed address of the account, if there are such an account and address: nobody is told. */
  requestPasswordReset: { params: z.strictObject({ address: Address, identifier: Typed }), result: None },
  /** Opens the account on the server with a new password. Keys stay under the one before. */
  resetPassword: {
    params: z.strictObject({ address: Address, identifier: Typed, code: Typed, newPassword: Password }),
    result: None,
  },
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>;
