import type { AccountRepository } from './account-repository.js';
import type { ArchiveRepository } from './archive-repository.js';
import type { DeviceListRepository } from './device-list-repository.js';
import type { DeviceRepository } from './device-repository.js';
import type { EmailTokenRepository } from './email-token-repository.js';
import type { InviteRepository } from './invite-repository.js';
import type { JobRepository } from './job-repository.js';
import type { LinkSessionRepository } from './link-session-repository.js';
import type { MailboxRepository } from './mailbox-repository.js';
import type { PreKeyRepository } from './pre-key-repository.js';
import type { RateBucketRepository } from './rate-bucket-repository.js';
import type { RecoveryRepository } from './recovery-repository.js';
import type { RefreshTokenRepository } from './refresh-token-repository.js';
import type { RootRepository } from './root-repository.js';
import type { SecondFactorRepository } from './second-factor-repository.js';
import type { ServerSecretRepository } from './server-secret-repository.js';
import type { StatisticsRepository } from './statistics-repository.js';
import type { StorageRecordRepository } from './storage-record-repository.js';
import type { Transactions } from './transactions.js';

/** Everything that the server keeps. Services take the repositories that they use, not this. */
export interface Storage {
  readonly transactions: Transactions;
  readonly accounts: AccountRepository;
  readonly devices: DeviceRepository;
  readonly deviceLists: DeviceListRepository;
  readonly preKeys: PreKeyRepository;
  readonly mailbox: MailboxRepository;
  readonly refreshTokens: RefreshTokenRepository;
  readonly serverSecrets: ServerSecretRepository;
  readonly storageRecords: StorageRecordRepository;
  readonly archives: ArchiveRepository;
  readonly recoveries: RecoveryRepository;
  readonly roots: RootRepository;
  readonly linkSessions: LinkSessionRepository;
  readonly secondFactors: SecondFactorRepository;
  readonly invites: InviteRepository;
  readonly emailTokens: EmailTokenRepository;
  readonly rateBuckets: RateBucketRepository;
  readonly jobs: JobRepository;
  readonly statistics: StatisticsRepository;
  /** Rejects when the database cannot be reached. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
