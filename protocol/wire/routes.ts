import type { z } from 'zod';
import * as archives from './archives.js';
import { RawBytes } from './fields.js';
import { LIMITS } from './limits.js';
import * as linking from './linking.js';
import * as ownAccount from './own-account.js';
import * as ownDevices from './own-devices.js';
import * as recovery from './recovery.js';
import * as rest from './rest.js';
import * as storageRecord from './storage-record.js';

/**
 * Who may call a route.
 * `public`: anyone. `account`: an access token of either scope. `device`: an access token bound to a listed device.
 * `deviceOrAccessKey`: such a token, or the access key of the person that the call is about.
 * `deviceOrClaimant`: such a token, or in the body the secret of the new device of a link session.
 */
export type RouteAccess = 'public' | 'account' | 'device' | 'deviceOrAccessKey' | 'deviceOrClaimant';

/** One REST call: what both sides agree on. Path parameters are written `:name`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly access: RouteAccess;
  readonly summary: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly bodyBytes?: number;
  readonly response: z.ZodType;
  /** `body`, `response`: plain bytes (`application/octet-stream`) instead of JSON. */
  readonly raw?: 'body' | 'response';
}

/** Every REST call of the server. */
export const ROUTES = {
  health: {
    method: 'GET',
    path: '/v1/health',
    access: 'public',
    summary: 'Is the process alive?',
    response: rest.Health,
  },
  readiness: {
    method: 'GET',
    path: '/v1/ready',
    access: 'public',
    summary: 'Can the process serve (database reached, not stopping)?',
    response: rest.Health,
  },
  serverInfo: {
    method: 'GET',
    path: '/v1/server',
    access: 'public',
    summary: 'Version, trust root and root-signed server keys',
    response: rest.ServerInfo,
  },
  authParameters: {
    method: 'POST',
    path: '/v1/auth/parameters',
    access: 'public',
    summary: 'How this account stretches its password; the same shape and time for unknown names',
    body: rest.AuthParametersRequest,
    response: rest.AuthParameters,
  },
  register: {
    method: 'POST',
    path: '/v1/accounts',
    access: 'public',
    summary: 'Make an account with its genesis device list and first device',
    body: rest.RegisterRequest,
    bodyBytes: LIMITS.preKeyBodyBytes,
    response: rest.Registered,
  },
  signIn: {
    method: 'POST',
    path: '/v1/auth/sign-in',
    access: 'public',
    summary: 'Exchange the authentication secret for tokens',
    body: rest.SignInRequest,
    response: rest.TokenGrant,
  },
  refresh: {
    method: 'POST',
    path: '/v1/auth/refresh',
    access: 'public',
    summary: 'Rotate the refresh token of one device',
    body: rest.RefreshRequest,
    response: rest.TokenGrant,
  },
  signOut: {
    method: 'POST',
    path: '/v1/auth/sign-out',
    access: 'account',
    summary: 'End the tokens of the calling device',
    response: rest.Empty,
  },
  stepUp: {
    method: 'POST',
    path: '/v1/auth/step-up',
    access: 'device',
    summary: 'Show that the person at the calling device knows the password now',
    body: ownDevices.StepUpRequest,
    response: ownDevices.StepUp,
  },
  signOutOthers: {
    method: 'POST',
    path: '/v1/auth/sign-out-others',
    access: 'device',
    summary: 'End the tokens of all other devices of the account; they stay on the list',
    body: ownDevices.SignOutOthersRequest,
    response: rest.Empty,
  },
  ownDevices: {
    method: 'GET',
    path: '/v1/devices',
    access: 'device',
    summary: 'What the server knows of the devices of the own account beside the list',
    response: ownDevices.OwnDevices,
  },
  requestPasswordReset: {
    method: 'POST',
    path: '/v1/auth/reset',
    access: 'public',
    summary: 'Send a code to the confirmed address of an account; the same answer where there is none',
    body: ownAccount.RequestPasswordResetRequest,
    response: rest.Empty,
  },
  resetPassword: {
    method: 'POST',
    path: '/v1/auth/reset/password',
    access: 'public',
    summary: 'Set a password with a code from a mail; it opens the account on the server, and no key',
    body: ownAccount.ResetPasswordRequest,
    response: rest.Empty,
  },
  changePassword: {
    method: 'POST',
    path: '/v1/auth/password',
    access: 'device',
    summary: 'Set another password and end the tokens of all other devices',
    body: ownAccount.ChangePasswordRequest,
    response: rest.Empty,
  },
  ownAccount: {
    method: 'GET',
    path: '/v1/account',
    access: 'account',
    summary: 'What the server knows of the own account',
    response: ownAccount.OwnAccount,
  },
  exportAccount: {
    method: 'POST',
    path: '/v1/account/export',
    access: 'device',
    summary: 'Everything that the server has of the own account',
    body: ownAccount.ExportAccountRequest,
    response: ownAccount.AccountExport,
  },
  deleteAccount: {
    method: 'POST',
    path: '/v1/account/delete',
    access: 'device',
    summary: 'Delete the own account with everything that hangs on it, for good',
    body: ownAccount.DeleteAccountRequest,
    response: rest.Empty,
  },
  changeEmail: {
    method: 'POST',
    path: '/v1/account/email',
    access: 'device',
    summary: 'Set another address, or none; where the host sends mail, a code confirms it first',
    body: ownAccount.ChangeEmailRequest,
    response: ownAccount.ChangedEmail,
  },
  confirmEmail: {
    method: 'POST',
    path: '/v1/account/email/confirm',
    access: 'public',
    summary: 'Make the address that a code was sent to the account’s',
    body: ownAccount.ConfirmEmailRequest,
    response: rest.Empty,
  },
  setLinkingLock: {
    method: 'PUT',
    path: '/v1/account/linking-lock',
    access: 'device',
    summary: 'Let no device be added until this is lifted with the password',
    body: ownAccount.LinkingLockRequest,
    response: rest.Empty,
  },
  proposeSecondFactor: {
    method: 'POST',
    path: '/v1/second-factor',
    access: 'device',
    summary: 'A secret for an authenticator, which counts once a code of it has been shown',
    body: ownAccount.ProposeSecondFactorRequest,
    response: ownAccount.ProposedSecondFactor,
  },
  confirmSecondFactor: {
    method: 'POST',
    path: '/v1/second-factor/confirm',
    access: 'device',
    summary: 'Switch the second factor on by a code of the authenticator; answers the backup codes, once',
    body: ownAccount.ConfirmSecondFactorRequest,
    response: ownAccount.BackupCodes,
  },
  renewBackupCodes: {
    method: 'POST',
    path: '/v1/second-factor/backup-codes',
    access: 'device',
    summary: 'New backup codes in the place of all earlier ones',
    body: ownAccount.RenewBackupCodesRequest,
    response: ownAccount.BackupCodes,
  },
  removeSecondFactor: {
    method: 'POST',
    path: '/v1/second-factor/remove',
    access: 'device',
    summary: 'Switch the second factor off',
    body: ownAccount.RemoveSecondFactorRequest,
    response: rest.Empty,
  },
  findAccount: {
    method: 'POST',
    path: '/v1/directory/find',
    access: 'device',
    summary: 'The account with exactly this username',
    body: rest.FindAccountRequest,
    response: rest.FoundAccount,
  },
  deviceList: {
    method: 'GET',
    path: '/v1/accounts/:accountId/device-list',
    access: 'public',
    summary: 'Steps of an account’s device list, with certificates and receipts',
    query: rest.DeviceListQuery,
    response: rest.DeviceListPage,
  },
  appendDeviceList: {
    method: 'POST',
    path: '/v1/device-list',
    access: 'device',
    summary: 'Put the next device list after the present one (compare-and-set)',
    body: rest.AppendDeviceListRequest,
    response: rest.AppendedDeviceList,
  },
  createLinkSession: {
    method: 'POST',
    path: '/v1/link-sessions',
    access: 'device',
    summary: 'Begin a link whose code the calling device shows, or renew such a code',
    body: linking.CreateLinkSessionRequest,
    response: linking.LinkSessionOpened,
  },
  createReverseLinkSession: {
    method: 'POST',
    path: '/v1/link-sessions/reverse',
    access: 'public',
    summary: 'Begin a link whose code a new device shows, where the host allows it',
    body: linking.CreateReverseLinkSessionRequest,
    response: linking.LinkSessionOpened,
  },
  lookUpLinkToken: {
    method: 'POST',
    path: '/v1/link-sessions/look-up',
    access: 'public',
    summary: 'The token of a code that is typed, once',
    body: linking.LookUpLinkTokenRequest,
    response: linking.FoundLinkToken,
  },
  claimLinkSession: {
    method: 'POST',
    path: '/v1/link-sessions/claim',
    access: 'public',
    summary: 'Use a code up as the new device: one winner, the same claim again gets the same answer',
    body: linking.ClaimLinkSessionRequest,
    response: linking.LinkSessionOpened,
  },
  claimReverseLinkSession: {
    method: 'POST',
    path: '/v1/link-sessions/reverse/claim',
    access: 'device',
    summary: 'Use up the code of a new device as the authorised one',
    body: linking.ClaimReverseLinkSessionRequest,
    response: linking.LinkSessionOpened,
  },
  contestLinkSession: {
    method: 'POST',
    path: '/v1/link-sessions/contest',
    access: 'public',
    summary: 'Tell the authorised device that another one than the intended has used its code',
    body: linking.ContestLinkSessionRequest,
    response: rest.Empty,
  },
  putLinkMessage: {
    method: 'POST',
    path: '/v1/link-sessions/:linkSessionId/messages',
    access: 'deviceOrClaimant',
    summary: 'Put the second or third message of a link into its slot',
    body: linking.PutLinkMessageRequest,
    response: rest.Empty,
  },
  waitLinkSession: {
    method: 'POST',
    path: '/v1/link-sessions/:linkSessionId/wait',
    access: 'deviceOrClaimant',
    summary: 'What has happened to a link since a revision; waits for something to happen',
    body: linking.WaitLinkSessionRequest,
    response: linking.LinkProgress,
  },
  approveLink: {
    method: 'POST',
    path: '/v1/link-sessions/:linkSessionId/approve',
    access: 'device',
    summary: 'Approve a link: certificate and list, which nothing is done with before the activation',
    body: linking.ApproveLinkRequest,
    response: rest.Empty,
  },
  activateLink: {
    method: 'POST',
    path: '/v1/link-sessions/:linkSessionId/activate',
    access: 'public',
    summary: 'Become a device: certificate, list, prekeys and tokens, all of it or nothing',
    body: linking.ActivateLinkRequest,
    bodyBytes: LIMITS.preKeyBodyBytes,
    response: linking.LinkActivated,
  },
  cancelLink: {
    method: 'POST',
    path: '/v1/link-sessions/:linkSessionId/cancel',
    access: 'deviceOrClaimant',
    summary: 'Give a link up, on either side',
    body: linking.CancelLinkRequest,
    response: rest.Empty,
  },
  publishPreKeys: {
    method: 'PUT',
    path: '/v1/prekeys',
    access: 'device',
    summary: 'Add one-time prekeys and replace the signed and last-resort ones',
    body: rest.PreKeyUpload,
    bodyBytes: LIMITS.preKeyBodyBytes,
    response: rest.PreKeyCounts,
  },
  preKeyCounts: {
    method: 'GET',
    path: '/v1/prekeys/counts',
    access: 'device',
    summary: 'One-time prekeys left for the calling device',
    response: rest.PreKeyCounts,
  },
  claimPreKeys: {
    method: 'POST',
    path: '/v1/prekeys/claim',
    access: 'deviceOrAccessKey',
    summary: 'One prekey bundle for each named device',
    body: rest.ClaimPreKeysRequest,
    response: rest.ClaimedPreKeys,
  },
  senderCertificate: {
    method: 'POST',
    path: '/v1/certificates/sender',
    access: 'device',
    summary: 'A sender certificate for the calling device, good for a day',
    response: rest.IssuedSenderCertificate,
  },
  storageRecord: {
    method: 'GET',
    path: '/v1/storage-record',
    access: 'device',
    summary: 'The encrypted state that the devices of the account share',
    response: storageRecord.StorageRecord,
  },
  putStorageRecord: {
    method: 'PUT',
    path: '/v1/storage-record',
    access: 'device',
    summary: 'Put the next version of the storage record (compare-and-set)',
    body: storageRecord.PutStorageRecordRequest,
    bodyBytes: LIMITS.storageRecordBodyBytes,
    response: rest.Empty,
  },
  replaceAccessKey: {
    method: 'PUT',
    path: '/v1/access-key',
    access: 'device',
    summary: 'Replace the access key that contacts send with',
    body: storageRecord.ReplaceAccessKeyRequest,
    response: rest.Empty,
  },
  archive: {
    method: 'GET',
    path: '/v1/archives/:archiveId',
    access: 'device',
    summary: 'Which segments of an archive are there',
    response: archives.ArchiveState,
  },
  deleteArchive: {
    method: 'DELETE',
    path: '/v1/archives/:archiveId',
    access: 'device',
    summary: 'Delete an archive with its segments',
    response: rest.Empty,
  },
  archiveSegment: {
    method: 'GET',
    path: '/v1/archives/:archiveId/segments/:number',
    access: 'device',
    summary: 'One sealed segment',
    response: RawBytes,
    raw: 'response',
  },
  putArchiveSegment: {
    method: 'PUT',
    path: '/v1/archives/:archiveId/segments/:number',
    access: 'device',
    summary: 'Store one sealed segment, once',
    query: archives.PutArchiveSegmentQuery,
    body: RawBytes,
    bodyBytes: LIMITS.archiveSegmentBytes,
    raw: 'body',
    response: rest.Empty,
  },
  putRecoveryBlob: {
    method: 'PUT',
    path: '/v1/recovery/blob',
    access: 'device',
    summary: 'Put the keys of the account, sealed to its recovery key',
    body: recovery.PutRecoveryBlobRequest,
    response: rest.Empty,
  },
  fetchRecovery: {
    method: 'POST',
    path: '/v1/recovery/fetch',
    access: 'public',
    summary: 'The sealed keys, and what a request needs, for whoever holds the recovery key',
    body: recovery.RecoveryFetchRequest,
    response: recovery.RecoveryFetched,
  },
  requestRecovery: {
    method: 'POST',
    path: '/v1/recovery/request',
    access: 'public',
    summary: 'Take the account over by its recovery key, at once or after a hold',
    body: recovery.RecoveryRequest,
    bodyBytes: LIMITS.preKeyBodyBytes,
    response: recovery.RecoveryAnswer,
  },
  pendingRecoveries: {
    method: 'GET',
    path: '/v1/recovery/pending',
    access: 'device',
    summary: 'Recoveries and a new root that wait to change the account',
    response: recovery.PendingRecoveries,
  },
  vetoRecovery: {
    method: 'POST',
    path: '/v1/recovery/veto',
    access: 'device',
    summary: 'Stop a recovery or a new root that waits',
    body: recovery.RecoveryVetoRequest,
    response: rest.Empty,
  },
  newRoot: {
    method: 'POST',
    path: '/v1/recovery/new-root',
    access: 'device',
    summary: 'Put the account under another recovery key, at once or after a notice',
    body: recovery.NewRootRequest,
    response: recovery.NewRootAnswer,
  },
  cancelNewRoot: {
    method: 'POST',
    path: '/v1/recovery/new-root/cancel',
    access: 'public',
    summary: 'End the notice of a new root by the present recovery key and a password',
    body: recovery.CancelNewRootRequest,
    response: rest.Empty,
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

/** Paths of the two WebSockets; both speak binary protobuf frames. */
export const SOCKETS = { authenticated: '/v1/socket', anonymous: '/v1/anonymous-socket' } as const;
