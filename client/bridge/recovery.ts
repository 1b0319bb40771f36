import { z } from 'zod';
import { UnixMsValue, UsernameValue } from './views.js';
import { Password } from './proof.js';

/** The recovery kit, getting an account back with it, and the encrypted backup file. */

const None = z.strictObject({});
const Address = z.string().min(1).max(512);
const Typed = z.string().max(512);
const Named = z.string().trim().min(1).max(64);
/** Bytes of a file in transit, base64. */
const Chunk = z.string().max(700_000);
const TransferId = z.uuid();

export const RecoveryKitView = z.discriminatedUnion('state', [
  /** Made and not confirmed yet: no device can be linked. */
  z.strictObject({ state: z.literal('unconfirmed') }),
  z.strictObject({ state: z.literal('confirmed'), at: UnixMsValue }),
  /** Another device confirms it, or has confirmed it. */
  z.strictObject({ state: z.literal('elsewhere') }),
]);
export type RecoveryKitView = z.infer<typeof RecoveryKitView>;

/** What is printed. Shown while the kit is unconfirmed, and kept nowhere afterwards. */
export const RecoveryKeyView = z.strictObject({
  groups: z.array(z.string()),
  /** Draw this as the QR of the kit. */
  qr: z.string(),
  username: UsernameValue,
  server: z.string(),
  /** Numbers, from 1, of the groups that are asked for to confirm. */
  asked: z.array(z.number().int().positive()),
});
export type RecoveryKeyView = z.infer<typeof RecoveryKeyView>;

/** A recovery under way on this device. */
export const RecoveryView = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('none') }),
  z.strictObject({ state: z.literal('asking') }),
  /** Another device was active lately: it can object until then. */
  z.strictObject({ state: z.literal('held'), until: UnixMsValue, username: UsernameValue }),
  z.strictObject({ state: z.literal('vetoed'), username: UsernameValue }),
  z.strictObject({ state: z.literal('done') }),
]);
export type RecoveryView = z.infer<typeof RecoveryView>;

/** A recovery that somebody else began with this account's key: object, or let it be. */
export const PendingRecoveryView = z.strictObject({
  id: z.string().max(64),
  kind: z.enum(['recovery', 'newRoot']),
  until: UnixMsValue,
  /** This device can object. */
  canVeto: z.boolean(),
});
export type PendingRecoveryView = z.infer<typeof PendingRecoveryView>;

export const BackupView = z.strictObject({
  /** Entries that were new, and those that were there already. */
  added: z.number().int().nonnegative(),
  known: z.number().int().nonnegative(),
  chats: z.number().int().nonnegative(),
});
export type BackupView = z.infer<typeof BackupView>;

export const RECOVERY_METHODS = {
  recoveryKit: { params: None, result: RecoveryKitView },
  /** The recovery key, opened with the password. Only while the kit is unconfirmed. */
  showRecoveryKey: { params: z.strictObject({ password: Password }), result: RecoveryKeyView },
  /** The groups that were asked for, in that order. Erases the key from this device. */
  confirmRecoveryKit: {
    params: z.strictObject({ password: Password, groups: z.array(z.string().max(16)).max(8) }),
    result: RecoveryKitView,
  },
  /**
   * Takes the account to this device by its recovery key and sets a new password. A password that was valid within the last 30
   * days makes it go without waiting.
   */
  recover: {
    params: z.strictObject({
      address: Address,
      key: Typed,
      newPassword: Password,
      knownPassword: Password.optional(),
      deviceName: Named,
    }),
    result: RecoveryView,
  },
  recovery: { params: None, result: RecoveryView },
  /** Asks again whether the time is over. */
  continueRecovery: { params: None, result: RecoveryView },
  closeRecovery: { params: None, result: RecoveryView },
  pendingRecoveries: { params: None, result: z.array(PendingRecoveryView) },
  vetoRecovery: { params: z.strictObject({ id: z.string().max(64), password: Password }), result: None },
  /** The paper is lost or was copied: makes a new root and its key. `oldKey`, where there is one, makes it go without notice. */
  replaceRecoveryKey: {
    params: z.strictObject({ password: Password, oldKey: Typed.optional() }),
    result: z.strictObject({ effectiveAt: UnixMsValue }),
  },

  /** Writes an encrypted backup; what it gives is read by `readBackup` until `length`. */
  startBackup: {
    params: z.strictObject({ passphrase: Password }),
    result: z.strictObject({ transfer: TransferId, fileName: z.string(), length: z.number().int().nonnegative() }),
  },
  readBackup: {
    params: z.strictObject({ transfer: TransferId, offset: z.number().int().nonnegative() }),
    result: z.strictObject({ bytes: Chunk, end: z.boolean() }),
  },
  /** Begins to take a backup file in, piece by piece. */
  startRestore: { params: None, result: z.strictObject({ transfer: TransferId }) },
  writeRestore: {
    params: z.strictObject({ transfer: TransferId, offset: z.number().int().nonnegative(), bytes: Chunk }),
    result: None,
  },
  /** Opens what was written and adds what is not there. `secret`: the passphrase, or the recovery key. */
  finishRestore: { params: z.strictObject({ transfer: TransferId, secret: Password }), result: BackupView },
  /** Ends a transfer in either direction and removes its file. */
  closeTransfer: { params: z.strictObject({ transfer: TransferId }), result: None },
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>;
