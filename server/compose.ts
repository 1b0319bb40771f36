import type { Server } from 'node:http';
import { systemRandom } from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import type { BlobStore } from './blobs/blob-store.js';
import { FolderBlobStore } from './blobs/folder-blob-store.js';
import type { ServerConfig } from './config/config.js';
import { AccountDeletion } from './domain/account/account-deletion.js';
import { Emails } from './domain/account/emails.js';
import { LinkingLock } from './domain/account/linking-lock.js';
import { OwnAccount } from './domain/account/own-account.js';
import { PasswordChanges } from './domain/account/password-changes.js';
import { PasswordResets } from './domain/account/password-resets.js';
import { SecondFactors } from './domain/account/second-factors.js';
import { AccessKeys } from './domain/access-keys.js';
import { AccessTokens } from './domain/access-tokens.js';
import { AnonymousAccess } from './domain/anonymous-access.js';
import { ArchiveSweep } from './domain/archives/archive-sweep.js';
import { Archives } from './domain/archives/archives.js';
import { Callers } from './domain/callers.js';
import type { Clock } from './domain/clock.js';
import { DeviceLists } from './domain/device-lists.js';
import { DisabledWatch } from './domain/disabled-watch.js';
import { Directory } from './domain/directory.js';
import { ListCommit } from './domain/list-commit.js';
import { LinkActivations } from './domain/linking/link-activations.js';
import { LinkApprovals } from './domain/linking/link-approvals.js';
import { LinkClaims } from './domain/linking/link-claims.js';
import { LinkExpiry } from './domain/linking/link-expiry.js';
import { LinkQuota } from './domain/linking/link-quota.js';
import { LinkSessions } from './domain/linking/link-sessions.js';
import { LinkTalk } from './domain/linking/link-talk.js';
import { LinkWaits } from './domain/linking/link-waits.js';
import { Mailbox } from './domain/mailbox/mailbox.js';
import { SendLimits } from './domain/mailbox/send-limits.js';
import { HASH_COST, PasswordHash } from './domain/password-hash.js';
import { PasswordParameters } from './domain/password-parameters.js';
import { LostLists } from './domain/lost-lists.js';
import { OwnDevices } from './domain/own-devices.js';
import { PreKeys } from './domain/pre-keys.js';
import { LocalRateLimiter, type RateLimiter } from './domain/rate-limit.js';
import { Readiness } from './domain/readiness.js';
import { NewRoots } from './domain/recovery/new-roots.js';
import { PasswordProofs } from './domain/recovery/password-proofs.js';
import { Recoveries } from './domain/recovery/recoveries.js';
import { RecoveryBlobs } from './domain/recovery/recovery-blobs.js';
import { RecoveryCommit } from './domain/recovery/recovery-commit.js';
import { RecoveryFetch } from './domain/recovery/recovery-fetch.js';
import { Vetoes } from './domain/recovery/vetoes.js';
import { Registration } from './domain/registration.js';
import { RestoreHold } from './domain/restore-hold.js';
import { SenderCertificates } from './domain/sender-certificates.js';
import { loadServerSecrets, type ServerSecrets } from './domain/server-secrets.js';
import { SignIn } from './domain/sign-in.js';
import { StorageRecords } from './domain/storage-records.js';
import { StepUp } from './domain/step-up.js';
import { TokenGrants } from './domain/token-grants.js';
import { TokenRefresh } from './domain/token-refresh.js';
import { DeviceSockets } from './gateway/device-sockets.js';
import { Gateway } from './gateway/gateway.js';
import { createApiServer } from './http/api.js';
import { routeHandlers, type Services } from './http/handlers.js';
import { Jobs } from './jobs/jobs.js';
import { expiryJob, statisticsJob } from './jobs/server-jobs.js';
import { bucketNamesUnder } from './limits/bucket-name.js';
import { DurableRateLimiter } from './limits/durable-rate-limiter.js';
import { RedisRateLimiter } from './limits/redis-rate-limiter.js';
import type { Log } from './log.js';
import type { Mailer } from './mail/mail.js';
import { SmtpMailer } from './mail/smtp-mailer.js';
import { MeteredRateLimiter } from './metrics/metered-rate-limiter.js';
import type { PrometheusMeter } from './metrics/prometheus-meter.js';
import { LocalNotifier } from './notifier/local-notifier.js';
import type { Notifier } from './notifier/notifier.js';
import { RedisNotifier } from './notifier/redis-notifier.js';
import type { Storage } from './storage/storage.js';
import { VERSION } from './version.js';

/** What the parts of a server share. */
export interface Ground {
  readonly config: ServerConfig;
  readonly storage: Storage;
  readonly log: Log;
  readonly clock: Clock;
  readonly meter: PrometheusMeter;
}

/** A server that is put together and not listening yet. */
export interface Composition {
  readonly httpServer: Server;
  readonly gateway: Gateway;
  readonly readiness: Readiness;
  readonly mailbox: Mailbox;
  readonly notifier: Notifier;
  readonly linkWaits: LinkWaits;
  readonly jobs: Jobs;
  readonly disabledWatch: DisabledWatch;
  /** Lets go of what is outside of this process, once everything else has stopped. */
  close(): Promise<void>;
}

interface Foundation extends Ground {
  readonly secrets: ServerSecrets;
  readonly passwordHash: PasswordHash;
  readonly limiter: RateLimiter;
  /** Of this process alone: for what belongs to one socket. */
  readonly localLimiter: RateLimiter;
  readonly closeLimiter: () => void;
  readonly notifier: Notifier;
  readonly tokens: AccessTokens;
  readonly mailer: Mailer | undefined;
  readonly blobs: BlobStore;
  readonly linkWaits: LinkWaits;
}

const DECOY_LENGTH = 32;
/** One slow write to the disk then holds up half of the mail; more would make batches small. The embedded engine has one writer. */
const MYSQL_COMMITS_AT_ONCE = 2;

/** Counters that all processes share, where there is Redis; else those of this process, the durable ones in the database. */
const limitersOver = ({ config, storage, log, clock, meter }: Ground, { saltKey }: ServerSecrets) => {
  const { limitFactor: factor, redisUrl } = config;
  const metered = (limiter: RateLimiter) => new MeteredRateLimiter(limiter, meter);
  const localLimiter = metered(new LocalRateLimiter(() => performance.now(), factor));
  const { rateBuckets } = storage;
  const bucketName = bucketNamesUnder(saltKey);
  const durable = new DurableRateLimiter({ rateBuckets, local: localLimiter, bucketName, clock, factor });
  if (redisUrl === undefined) return { localLimiter, limiter: metered(durable), closeLimiter: () => undefined };
  const limiter = new RedisRateLimiter({ url: redisUrl, bucketName, fallback: durable, factor, log });
  return { localLimiter, limiter: metered(limiter), closeLimiter: () => limiter.close() };
};

const lay = async (ground: Ground): Promise<Foundation> => {
  const { config, storage, log, clock } = ground;
  const secrets = await loadServerSecrets(storage.serverSecrets, systemRandom, clock);
  const notifier = config.redisUrl === undefined ? new LocalNotifier() : new RedisNotifier(config.redisUrl, log);
  return {
    ...ground,
    secrets,
    passwordHash: await PasswordHash.create(HASH_COST, systemRandom.bytes(DECOY_LENGTH)),
    ...limitersOver(ground, secrets),
    notifier,
    linkWaits: new LinkWaits(notifier),
    mailer: config.mail === undefined ? undefined : new SmtpMailer({ ...config.mail, log, meter: ground.meter }),
    tokens: new AccessTokens(secrets.accessTokenKey, clock),
    blobs: await FolderBlobStore.open(config.blobFolder),
  };
};

const serveLinks = (
  { config, storage, limiter, notifier, clock, linkWaits }: Foundation,
  shared: {
    readonly stepUp: StepUp;
    readonly linkingLock: LinkingLock;
    readonly listCommit: ListCommit;
    readonly grants: TokenGrants;
  },
): Services['links'] => {
  const { maxDevices, limitFactor, reverseLinking } = config;
  const { stepUp, linkingLock } = shared;
  const quota = new LinkQuota({ storage, maxDevices, limitFactor });
  const common = { storage, limiter, notifier, clock };
  return {
    sessions: new LinkSessions({ ...common, quota, stepUp, linkingLock, reverseLinking }),
    claims: new LinkClaims({ ...common, quota, stepUp, linkingLock }),
    talk: new LinkTalk({ ...common, waits: linkWaits }),
    approvals: new LinkApprovals({ ...common, stepUp, linkingLock, maxDevices }),
    activations: new LinkActivations({ ...common, ...shared, maxDevices }),
  };
};

const serveAccount = (
  { config, storage, secrets, passwordHash, limiter, notifier, clock, log, blobs, mailer }: Foundation,
  { stepUp, secondFactors }: { readonly stepUp: StepUp; readonly secondFactors: SecondFactors },
): Services['account'] => {
  const { accounts } = storage;
  const host = config.publicHost;
  const common = { storage, stepUp, limiter, clock };
  return {
    own: new OwnAccount({ ...common, sendsMail: mailer !== undefined }),
    emails: new Emails({ ...common, mailer, host }),
    passwordResets: new PasswordResets({ storage, mailer, host, passwordHash, limiter, clock, log }),
    passwordChanges: new PasswordChanges({ ...common, mailer, host, passwordHash, notifier }),
    secondFactors,
    linkingLock: new LinkingLock({
      accounts,
      restoreHold: new RestoreHold(storage.jobs, clock),
      stepUp,
      limiter,
      clock,
    }),
    deletion: new AccountDeletion({ ...common, blobs, challengeKey: secrets.challengeKey, notifier, log }),
  };
};

const serveRecovery = (
  { config, storage, secrets, passwordHash, limiter, notifier, clock, log }: Foundation,
  { listCommit, grants }: { readonly listCommit: ListCommit; readonly grants: TokenGrants },
): Services['recovery'] => {
  const { maxDevices } = config;
  const { challengeKey } = secrets;
  const { recoveries } = storage;
  const passwordProofs = new PasswordProofs({ recoveries, passwordHash, limiter, clock });
  const common = { storage, notifier, limiter, clock, passwordProofs, challengeKey, maxDevices };
  const fetch = new RecoveryFetch(common);
  const commit = new RecoveryCommit({ storage, listCommit, log, maxDevices });
  return {
    blobs: new RecoveryBlobs(common),
    fetch,
    requests: new Recoveries({ ...common, commit, passwordHash, grants }),
    vetoes: new Vetoes(common),
    newRoots: new NewRoots({ ...common, listCommit, recoveryFetch: fetch }),
  };
};

const serve = (foundation: Foundation, readiness: Readiness): Services => {
  const { config, storage, secrets, passwordHash, limiter, notifier, tokens, clock, log, blobs } = foundation;
  const { maxDevices, registration, archiveQuotaBytes } = config;
  const { accounts, devices, preKeys, refreshTokens, archives, storageRecords } = storage;
  const { keyRing, challengeKey, saltKey } = secrets;
  const { receiptKey } = keyRing;
  const grants = new TokenGrants(tokens, clock);
  const access = new AnonymousAccess(accounts, clock);
  const listCommit = new ListCommit({ storage, notifier, receiptKey });
  const secondFactors = new SecondFactors({ accounts, secondFactors: storage.secondFactors, limiter, clock });
  const signingKey = secrets.accessTokenKey;
  const stepUp = new StepUp({ accounts, passwordHash, secondFactors, limiter, signingKey, clock });
  const ownAccount = serveAccount(foundation, { stepUp, secondFactors });
  const { linkingLock, emails } = ownAccount;
  const sendsMail = foundation.mailer !== undefined;
  const account = { accounts, devices, refreshTokens, grants, limiter, clock };
  return {
    registration: new Registration({
      storage,
      passwordHash,
      grants,
      limiter,
      receiptKey,
      clock,
      registration,
      emails,
      sendsMail,
      log,
      maxDevices,
    }),
    passwordParameters: new PasswordParameters({ accounts, limiter, challengeKey, saltKey, clock }),
    signIn: new SignIn({ ...account, passwordHash, secondFactors, challengeKey, maxDevices }),
    tokenRefresh: new TokenRefresh({ ...account, notifier, log }),
    deviceLists: new DeviceLists({
      ...{ storage, listCommit, stepUp, limiter, clock, maxDevices },
      restoreHold: new RestoreHold(storage.jobs, clock),
    }),
    lostLists: new LostLists({ storage, listCommit, receiptKey: keyRing.keys.receiptKey, limiter, log }),
    stepUp,
    account: ownAccount,
    ownDevices: new OwnDevices({ storage, stepUp, notifier, limiter, clock, maxDevices }),
    links: serveLinks(foundation, { stepUp, linkingLock, listCommit, grants }),
    recovery: serveRecovery(foundation, { listCommit, grants }),
    directory: new Directory(accounts, limiter),
    preKeys: new PreKeys({ devices, preKeys, access, limiter }),
    senderCertificates: new SenderCertificates({ devices, keyRing, limiter, clock }),
    storageRecords: new StorageRecords({ storageRecords, devices, notifier, limiter, clock }),
    accessKeys: new AccessKeys({ accounts, limiter, clock }),
    archives: new Archives({ archives, blobs, limiter, clock, log, quotaBytes: archiveQuotaBytes }),
    readiness,
    keyRing,
    clock,
    version: VERSION,
    registrationState: registration,
    sendsMail,
  };
};

/** What one process does for all: clears away what has expired, and counts. */
const jobsOf = ({ storage, blobs, notifier, clock, log, meter }: Foundation, mailbox: Mailbox): Jobs => {
  const { archives, linkSessions, recoveries, invites, emailTokens, rateBuckets, statistics } = storage;
  const untilNow = (clear: (now: UnixMs) => Promise<void>) => ({ deleteExpired: () => clear(clock()) });
  const jobs = [
    expiryJob('envelopes', mailbox),
    expiryJob('archives', new ArchiveSweep({ archives, blobs, clock })),
    expiryJob('links', new LinkExpiry({ linkSessions, notifier, clock, log })),
    expiryJob(
      'recoveries',
      untilNow((now) => recoveries.deleteExpired(now)),
    ),
    expiryJob(
      'invites',
      untilNow((now) => invites.deleteExpired(now)),
    ),
    expiryJob(
      'emailTokens',
      untilNow((now) => emailTokens.deleteExpired(now)),
    ),
    expiryJob(
      'limits',
      untilNow((now) => rateBuckets.deleteFull(now)),
    ),
    statisticsJob(statistics, meter),
  ];
  return new Jobs(jobs, { repository: storage.jobs, clock, log, meter });
};

/** Puts a server together: the one place that knows every concrete class. */
export const compose = async (ground: Ground): Promise<Composition> => {
  const foundation = await lay(ground);
  const { config, storage, limiter, notifier, tokens, clock, log } = foundation;
  const { behindTlsProxy } = config;
  const { transactions, accounts, devices, refreshTokens } = storage;
  const readiness = new Readiness(storage);
  const callers = new Callers({ tokens, devices, refreshTokens, clock, log });
  const mailbox = new Mailbox({
    transactions,
    accounts,
    devices,
    mailbox: storage.mailbox,
    notifier,
    clock,
    log,
    meter: foundation.meter,
    commitsAtOnce: config.databaseUrl.startsWith('mysql:') ? MYSQL_COMMITS_AT_ONCE : 1,
  });
  const gateway = new Gateway({
    callers,
    mailbox,
    sendLimits: new SendLimits(limiter),
    limiter,
    socketLimiter: foundation.localLimiter,
    notifier,
    deviceSockets: new DeviceSockets(),
    clock,
    log,
    meter: foundation.meter,
    behindTlsProxy,
  });
  const httpServer = createApiServer({
    handlers: routeHandlers(serve(foundation, readiness)),
    callers,
    limiter,
    behindTlsProxy,
    log,
    meter: foundation.meter,
    metrics: { meter: foundation.meter, token: config.metricsToken },
    isStopping: () => readiness.isStopping,
  });
  gateway.attachTo(httpServer);
  const jobs = jobsOf(foundation, mailbox);
  const { linkWaits } = foundation;
  const disabledWatch = new DisabledWatch({ storage, notifier, clock, log });
  const close = async (): Promise<void> => {
    foundation.closeLimiter();
    await foundation.mailer?.close();
    await notifier.close();
    await storage.close();
  };
  return { httpServer, gateway, readiness, mailbox, notifier, linkWaits, jobs, disabledWatch, close };
};
