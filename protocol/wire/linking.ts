import { z } from 'zod';
import { fixedBytes, RegistrationIdField, someBytes, StepUpTokenField, UnixMsField } from './fields.js';
import { LIMITS } from './limits.js';
import { Hash, LENGTH, PreKeyUpload, Receipt, SignedCertificate, SignedDeviceList, TokenGrant } from './rest.js';

/** A link session: the first 16 bytes of the hash of its token; base64url in paths. */
export const LinkSessionIdField = fixedBytes(LENGTH.linkSessionId);
const LinkToken = someBytes(LIMITS.linkTokenBytes);
const LinkLookupId = fixedBytes(LENGTH.linkLookupId);
const LinkMessage = someBytes(LIMITS.linkMessageBytes);
/** 32 random bytes by which the new device is known before it is one; the server keeps H of them. */
const Claimant = fixedBytes(LENGTH.secret);
const LinkMac = fixedBytes(LENGTH.mac);

/** Made by the authorised device, which shows the token. */
export const CreateLinkSessionRequest = z.strictObject({
  token: LinkToken,
  stepUpToken: StepUpTokenField,
  /** For a code that is typed: whoever names it once gets the token. */
  lookupId: LinkLookupId.optional(),
  /** The own open session whose code this one renews: ended in the same step, and not counted again. */
  replaces: LinkSessionIdField.optional(),
});
/** Made by the new device, which shows the token (reverse direction). */
export const CreateReverseLinkSessionRequest = z.strictObject({ token: LinkToken, claimantHash: Hash });
/** An open or claimed session. */
export const LinkSessionOpened = z.strictObject({
  linkSessionId: LinkSessionIdField,
  expiresAt: UnixMsField,
  serverTime: UnixMsField,
});
export type LinkSessionOpened = z.infer<typeof LinkSessionOpened>;

export const LookUpLinkTokenRequest = z.strictObject({ lookupId: LinkLookupId });
export const FoundLinkToken = z.strictObject({ token: LinkToken, serverTime: UnixMsField });

/** By the new device, which has scanned; the message is M1. */
export const ClaimLinkSessionRequest = z.strictObject({ token: LinkToken, claimantHash: Hash, message: LinkMessage });
export type ClaimLinkSessionRequest = z.infer<typeof ClaimLinkSessionRequest>;
/** By the authorised device, which has scanned (reverse direction); the message is M1. */
export const ClaimReverseLinkSessionRequest = z.strictObject({
  token: LinkToken,
  stepUpToken: StepUpTokenField,
  message: LinkMessage,
});

/** By the new device, whose claim came too late: a MAC under the secret in the code, which the server hands on unread. */
export const ContestLinkSessionRequest = z.strictObject({ token: LinkToken, mac: LinkMac });

/** M2 or M3. M1 comes with the claim, M4 with the approval. */
export const PutLinkMessageRequest = z.strictObject({
  number: z.union([z.literal(2), z.literal(3)]),
  body: LinkMessage,
  /** Absent: the caller is the authorised device. */
  claimant: Claimant.optional(),
});

/**
 * `open`: waits for a claim. `claimed`: two devices talk. `approved`: the authorised device has signed. `activated`: the new
 * device is on the list. `ended`: nothing more will come of it.
 */
const LinkStateField = z.enum(['open', 'claimed', 'approved', 'activated', 'ended']);
export type LinkState = z.infer<typeof LinkStateField>;

/** Why one of the devices gives up. */
const LinkCancelReason = z.enum(['cancelled', 'declined', 'wrongDigits', 'contested', 'failed']);
export type LinkCancelReason = z.infer<typeof LinkCancelReason>;
/** `replaced`: its code was renewed. `listChanged`: the device list is another since the approval. */
const LinkEndReasonField = z.enum([...LinkCancelReason.options, 'expired', 'replaced', 'listChanged', 'deviceRemoved']);
export type LinkEndReason = z.infer<typeof LinkEndReasonField>;

export const WaitLinkSessionRequest = z.strictObject({
  /** The revision that the caller has seen; 0 for all from the beginning. */
  after: z.number().int().nonnegative(),
  /** Answered at the latest after this time, changed or not. */
  waitMs: z.number().int().min(0).max(LIMITS.linkWaitMs),
  /** Absent: the caller is the authorised device. */
  claimant: Claimant.optional(),
});
export const LinkProgress = z.strictObject({
  /** Counts up with every change. */
  revision: z.number().int().nonnegative(),
  state: LinkStateField,
  /** Only of an ended session. */
  reason: LinkEndReasonField.optional(),
  /** What the other side has written after the revision that was asked for, in order. */
  messages: z.array(z.strictObject({ number: z.number().int().min(1).max(LIMITS.linkMessages), body: LinkMessage })),
  /** To the authorised device alone: somebody else says that the code was meant for him. Genuine only if the MAC verifies. */
  contested: LinkMac.optional(),
  expiresAt: UnixMsField,
  serverTime: UnixMsField,
});
export type LinkProgress = z.infer<typeof LinkProgress>;

/** After the digits were typed: certificate, not signed by its device yet, the list that names it, and M4. */
export const ApproveLinkRequest = z.strictObject({
  stepUpToken: StepUpTokenField,
  certificate: someBytes(LIMITS.certificateBytes),
  list: SignedDeviceList,
  message: LinkMessage,
});
export type ApproveLinkRequest = z.infer<typeof ApproveLinkRequest>;

/** The new device signs its certificate, and becomes a device with its prekeys and tokens, all of it or nothing. */
export const ActivateLinkRequest = z.strictObject({
  claimant: Claimant,
  certificate: SignedCertificate,
  registrationId: RegistrationIdField,
  preKeys: PreKeyUpload.required(),
  refreshTokenHash: Hash,
});
export type ActivateLinkRequest = z.infer<typeof ActivateLinkRequest>;
export const LinkActivated = z.strictObject({ grant: TokenGrant, receipt: Receipt });
export type LinkActivated = z.infer<typeof LinkActivated>;

export const CancelLinkRequest = z.strictObject({
  reason: LinkCancelReason,
  /** Absent: the caller is the authorised device. */
  claimant: Claimant.optional(),
});
