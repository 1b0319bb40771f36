import type { ServerKeyRing } from '@sotto/crypto/server';
import { parseAccountId } from '@sotto/protocol/ids';
import type { AccountDeletion } from '../domain/account/account-deletion.js';
import type { Emails } from '../domain/account/emails.js';
import type { LinkingLock } from '../domain/account/linking-lock.js';
import type { OwnAccount } from '../domain/account/own-account.js';
import type { PasswordChanges } from '../domain/account/password-changes.js';
import type { PasswordResets } from '../domain/account/password-resets.js';
import type { SecondFactors } from '../domain/account/second-factors.js';
import type { AccessKeys } from '../domain/access-keys.js';
import type { Archives } from '../domain/archives/archives.js';
import { LinkSessionIdField, type Bytes } from '@sotto/protocol/wire';
import type { Clock } from '../domain/clock.js';
import type { DeviceLists } from '../domain/device-lists.js';
import type { Directory } from '../domain/directory.js';
import type { LinkActivations } from '../domain/linking/link-activations.js';
import type { LinkApprovals } from '../domain/linking/link-approvals.js';
import type { LinkClaims } from '../domain/linking/link-claims.js';
import type { LinkSessions } from '../domain/linking/link-sessions.js';
import type { LinkTalk } from '../domain/linking/link-talk.js';
import { done, refuse, type Outcome } from '../domain/outcome.js';
import type { LostLists } from '../domain/lost-lists.js';
import type { OwnDevices } from '../domain/own-devices.js';
import type { PasswordParameters } from '../domain/password-parameters.js';
import type { PreKeys } from '../domain/pre-keys.js';
import type { NewRoots } from '../domain/recovery/new-roots.js';
import type { Recoveries } from '../domain/recovery/recoveries.js';
import type { RecoveryBlobs } from '../domain/recovery/recovery-blobs.js';
import type { RecoveryFetch } from '../domain/recovery/recovery-fetch.js';
import type { Vetoes } from '../domain/recovery/vetoes.js';
import type { Readiness } from '../domain/readiness.js';
import type { Registration } from '../domain/registration.js';
import type { SenderCertificates } from '../domain/sender-certificates.js';
import type { SignIn } from '../domain/sign-in.js';
import type { StorageRecords } from '../domain/storage-records.js';
import type { StepUp } from '../domain/step-up.js';
import type { TokenRefresh } from '../domain/token-refresh.js';
import type { RouteHandlers, RouteOutcome } from './route-handlers.js';

export interface Services {
  readonly registration: Registration;
  readonly passwordParameters: PasswordParameters;
  readonly signIn: SignIn;
  readonly tokenRefresh: TokenRefresh;
  readonly deviceLists: DeviceLists;
  readonly lostLists: LostLists;
  readonly stepUp: StepUp;
  readonly account: {
    readonly own: OwnAccount;
    readonly emails: Emails;
    readonly passwordResets: PasswordResets;
    readonly passwordChanges: PasswordChanges;
    readonly secondFactors: SecondFactors;
    readonly linkingLock: LinkingLock;
    readonly deletion: AccountDeletion;
  };
  readonly ownDevices: OwnDevices;
  readonly links: {
    readonly sessions: LinkSessions;
    readonly claims: LinkClaims;
    readonly talk: LinkTalk;
    readonly approvals: LinkApprovals;
    readonly activations: LinkActivations;
  };
  readonly directory: Directory;
  readonly preKeys: PreKeys;
  readonly senderCertificates: SenderCertificates;
  readonly storageRecords: StorageRecords;
  readonly accessKeys: AccessKeys;
  readonly archives: Archives;
  readonly recovery: {
    readonly blobs: RecoveryBlobs;
    readonly fetch: RecoveryFetch;
    readonly requests: Recoveries;
    readonly vetoes: Vetoes;
    readonly newRoots: NewRoots;
  };
  readonly readiness: Readiness;
  readonly keyRing: ServerKeyRing;
  readonly clock: Clock;
  readonly version: string;
  readonly registrationState: 'open' | 'invite' | 'closed';
  readonly sendsMail: boolean;
}

const BAD_ACCOUNT_ID = refuse('badRequest', 'The account id in the path is not one.');
const BAD_LINK_SESSION_ID = refuse('badRequest', 'The link session id in the path is not one.');
const HALF_A_PLACE = refuse('badRequest', 'Give afterEpoch and afterNumber together, or neither.');

/** Calls about one link session, which the path names. */
const ofLink = async <Value>(
  { linkSessionId }: { readonly linkSessionId: string },
  call: (id: Bytes) => Promise<Outcome<Value>>,
): Promise<RouteOutcome<Value>> => {
  const id = LinkSessionIdField.safeParse(linkSessionId);
  return id.success ? call(id.data) : BAD_LINK_SESSION_ID;
};

type LinkRoute = Exclude<Extract<keyof RouteHandlers, `${string}Link${string}`>, AccountRoute>;

const linkHandlers = ({ links }: Services): Pick<RouteHandlers, LinkRoute> => ({
  createLinkSession: ({ body, caller }) => links.sessions.create(caller, body),
  createReverseLinkSession: ({ body, address }) => links.sessions.createReverse(body, address),
  lookUpLinkToken: ({ body, address }) => links.sessions.lookUp(body.lookupId, address),
  claimLinkSession: ({ body, address }) => links.claims.claim(body, address),
  claimReverseLinkSession: ({ body, caller }) => links.claims.claimReverse(caller, body),
  contestLinkSession: ({ body, address }) => links.claims.contest(body.token, body.mac, address),
  putLinkMessage: ({ params, body: { claimant, ...message }, caller }) =>
    ofLink(params, (id) => links.talk.put(id, { caller, claimant }, message)),
  waitLinkSession: ({ params, body: { claimant, ...since }, caller }) =>
    ofLink(params, (id) => links.talk.wait(id, { caller, claimant }, since)),
  approveLink: ({ params, body, caller }) => ofLink(params, (id) => links.approvals.approve(id, caller, body)),
  activateLink: ({ params, body }) => ofLink(params, (id) => links.activations.activate(id, body)),
  cancelLink: ({ params, body: { claimant, reason }, caller }) =>
    ofLink(params, (id) => links.talk.cancel(id, { caller, claimant }, reason)),
});

type AccountRoute =
  | 'requestPasswordReset'
  | 'resetPassword'
  | 'changePassword'
  | 'ownAccount'
  | 'exportAccount'
  | 'deleteAccount'
  | 'changeEmail'
  | 'confirmEmail'
  | 'setLinkingLock'
  | 'proposeSecondFactor'
  | 'confirmSecondFactor'
  | 'renewBackupCodes'
  | 'removeSecondFactor';

const accountHandlers = ({ account, stepUp }: Services): Pick<RouteHandlers, AccountRoute> => ({
  requestPasswordReset: ({ body, address }) => account.passwordResets.request(body.identifier, address),
  resetPassword: ({ body, address }) => account.passwordResets.reset(body, address),
  changePassword: ({ body, caller }) => account.passwordChanges.change(caller, body),
  ownAccount: ({ caller }) => account.own.show(caller),
  exportAccount: ({ body, caller }) => account.own.export(caller, body.stepUpToken),
  deleteAccount: ({ body, caller }) => account.deletion.delete(caller, body),
  changeEmail: ({ body, caller }) => account.emails.change(caller, body),
  confirmEmail: ({ body, address }) => account.emails.confirm(body.code, address),
  setLinkingLock: ({ body, caller }) => account.linkingLock.set(caller, body),
  proposeSecondFactor: ({ body, caller }) => account.secondFactors.propose(caller, stepUp, body.stepUpToken),
  confirmSecondFactor: ({ body, caller }) => account.secondFactors.confirm(caller, body.code),
  renewBackupCodes: ({ body, caller }) => account.secondFactors.renewBackupCodes(caller, stepUp, body.stepUpToken),
  removeSecondFactor: ({ body, caller }) => account.secondFactors.remove(caller, stepUp, body.stepUpToken),
});

/** Which service answers which route. */
export const routeHandlers = (services: Services): RouteHandlers => ({
  ...linkHandlers(services),
  ...accountHandlers(services),
  health: async () => done({ status: 'ok' }),
  readiness: async () => {
    const status = await services.readiness.check();
    return status === 'ok' ? done({ status }) : { type: 'unready', value: { status } };
  },
  serverInfo: async () =>
    done({
      name: 'sotto',
      version: services.version,
      serverTime: services.clock(),
      registration: services.registrationState,
      mail: services.sendsMail,
      trustRoot: services.keyRing.trustRoot,
      keys: services.keyRing.signed,
    }),
  authParameters: ({ body, address }) => services.passwordParameters.get(body.identifier, address),
  register: ({ body, address }) => services.registration.register(body, address),
  signIn: ({ body, address }) => services.signIn.signIn(body, address),
  refresh: ({ body, address }) => services.tokenRefresh.refresh(body, address),
  signOut: async ({ caller }) => {
    // A token of the account pages has nothing behind it that could be ended.
    if (caller.scope === 'device') await services.tokenRefresh.signOut(caller);
    return done({});
  },
  stepUp: ({ body, caller, address }) => services.stepUp.prove(caller, body, address),
  signOutOthers: ({ body, caller }) => services.ownDevices.signOutOthers(caller, body.stepUpToken),
  ownDevices: ({ caller }) => services.ownDevices.list(caller),
  findAccount: ({ body, caller }) => services.directory.find(body.username, caller),
  deviceList: async ({ params, query, address }) => {
    const accountId = parseAccountId(params.accountId);
    if (accountId === undefined) return BAD_ACCOUNT_ID;
    const { afterEpoch, afterNumber } = query;
    if ((afterEpoch === undefined) !== (afterNumber === undefined)) return HALF_A_PLACE;
    const after =
      afterEpoch === undefined || afterNumber === undefined ? undefined : { epoch: afterEpoch, number: afterNumber };
    return services.deviceLists.page(accountId, after, address);
  },
  restoreDeviceList: async ({ params, body, address }) => {
    const accountId = parseAccountId(params.accountId);
    return accountId === undefined ? BAD_ACCOUNT_ID : services.lostLists.takeBack(accountId, body.entries, address);
  },
  appendDeviceList: ({ body, caller }) => services.deviceLists.append(caller, body),
  publishPreKeys: ({ body, caller }) => services.preKeys.publish(caller, body),
  preKeyCounts: ({ caller }) => services.preKeys.counts(caller),
  claimPreKeys: ({ body, caller, address }) => services.preKeys.claim(body, caller, address),
  senderCertificate: ({ caller }) => services.senderCertificates.issue(caller),
  storageRecord: ({ caller }) => services.storageRecords.get(caller),
  putStorageRecord: ({ body, caller }) => services.storageRecords.put(caller, body),
  replaceAccessKey: ({ body, caller }) => services.accessKeys.replace(caller, body),
  putRecoveryBlob: ({ body, caller }) => services.recovery.blobs.put(caller, body),
  fetchRecovery: ({ body, address }) => services.recovery.fetch.fetch(body, address),
  requestRecovery: ({ body, address }) => services.recovery.requests.request(body, address),
  pendingRecoveries: ({ caller }) => services.recovery.vetoes.pending(caller),
  vetoRecovery: ({ body, caller }) => services.recovery.vetoes.veto(caller, body),
  newRoot: ({ body, caller }) => services.recovery.newRoots.request(caller, body),
  cancelNewRoot: ({ body, address }) => services.recovery.newRoots.cancel(body, address),
  archive: ({ params, caller }) => services.archives.state(caller, params.archiveId),
  deleteArchive: ({ params, caller }) => services.archives.remove(caller, params.archiveId),
  archiveSegment: ({ params, caller }) => services.archives.segment(caller, params),
  putArchiveSegment: ({ params, query, body, caller }) =>
    services.archives.put(caller, params, body, query.last === 'true'),
});
