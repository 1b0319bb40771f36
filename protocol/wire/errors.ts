import { z } from 'zod';

/**
 * Every way in which the server refuses something, with the HTTP status that carries it.
 * Clients branch on the code alone; the message is for logs and people without a catalogue.
 */
export const ERROR_STATUS = {
  badRequest: 400,
  invalidSignature: 400,
  invalidDeviceList: 400,
  invalidPreKeys: 400,
  invalidRecovery: 400,
  invalidLinkToken: 400,
  unauthorized: 401,
  tokenExpired: 401,
  wrongCredentials: 401,
  /** The password is right; a code of the second factor is missing or wrong. */
  secondFactorRequired: 401,
  wrongSecondFactor: 401,
  stepUpRequired: 401,
  refreshTokenReused: 401,
  accessDenied: 403,
  /** The host has closed the account. */
  accountDisabled: 403,
  /** This host lets in whoever has an invite code. */
  inviteRequired: 403,
  inviteUnknown: 403,
  /** The owner has locked linking. */
  linkingLocked: 403,
  deviceNotListed: 403,
  reverseLinkingOff: 403,
  forbiddenOrigin: 403,
  recoveryVetoed: 403,
  recoveryNotVetoable: 403,
  notFound: 404,
  unknownRecipient: 404,
  recoveryKeyUnknown: 404,
  linkCodeUnknown: 404,
  /** Never sent, used, replaced by a later one, or expired: all alike. */
  mailCodeUnknown: 404,
  /** The host sends no mail. */
  mailOff: 404,
  methodNotAllowed: 405,
  usernameTaken: 409,
  emailTaken: 409,
  secondFactorOn: 409,
  secondFactorOff: 409,
  accountExists: 409,
  deviceListConflict: 409,
  storageRecordConflict: 409,
  recoveryBlobConflict: 409,
  archiveSegmentConflict: 409,
  tooManyDevices: 409,
  linkCodeUsed: 409,
  linkUnderWay: 409,
  /** Not now: what the session is waiting for is something else. */
  linkOutOfTurn: 409,
  linkCodeExpired: 410,
  linkEnded: 410,
  payloadTooLarge: 413,
  quotaExceeded: 413,
  unsupportedMediaType: 415,
  mailboxFull: 429,
  rateLimited: 429,
  internal: 500,
  serverBusy: 503,
  /** Device lists stand still for a day after the server was restored from a backup. */
  serverRestored: 503,
  storageFull: 507,
} as const;

/** The code of a refusal. */
export type ErrorCode = keyof typeof ERROR_STATUS;

const isErrorCode = (value: string): value is ErrorCode => Object.hasOwn(ERROR_STATUS, value);

/** Reads a code as received; one that this build does not know counts as `internal`. */
export const parseErrorCode = (value: string): ErrorCode => (isErrorCode(value) ? value : 'internal');

/** The one shape in which every refusal travels, over REST and inside a `Failure` frame. */
export const ErrorBody = z.object({
  code: z.string().max(64),
  message: z.string().max(512),
  requestId: z.string().max(64),
  retryAfterMs: z.number().int().nonnegative().optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
