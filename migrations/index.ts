import { CreateAccount1764547200001 } from './0001-account.js';
import { CreateDeviceCertificate1764547200002 } from './0002-device-certificate.js';
import { CreateDevice1764547200003 } from './0003-device.js';
import { CreateDeviceList1764547200004 } from './0004-device-list.js';
import { CreateSignedPreKey1764547200005 } from './0005-signed-pre-key.js';
import { CreateKyberLastResortPreKey1764547200006 } from './0006-kyber-last-resort-pre-key.js';
import { CreateOneTimePreKey1764547200007 } from './0007-one-time-pre-key.js';
import { CreateOneTimeKyberPreKey1764547200008 } from './0008-one-time-kyber-pre-key.js';
import { CreateEnvelope1764547200009 } from './0009-envelope.js';
import { CreateRefreshTokenFamily1764547200010 } from './0010-refresh-token-family.js';
import { CreateServerSecret1764547200011 } from './0011-server-secret.js';
import { CreateLinkSession1764547200012 } from './0012-link-session.js';
import { CreateLinkMessage1764547200013 } from './0013-link-message.js';
import { CreateStorageRecord1764547200020 } from './0020-storage-record.js';
import { CreateRecoveryBlob1764547200021 } from './0021-recovery-blob.js';
import { CreateRecoveryRequest1764547200022 } from './0022-recovery-request.js';
import { CreateEarlierPassword1764547200023 } from './0023-earlier-password.js';
import { CreateRootNotice1764547200024 } from './0024-root-notice.js';
import { CreateRootChange1764547200025 } from './0025-root-change.js';
import { CreateArchive1764547200026 } from './0026-archive.js';
import { CreateArchiveSegment1764547200027 } from './0027-archive-segment.js';
import { AddAccountStanding1764547200028 } from './0028-account-standing.js';
import { CreateSecondFactor1764547200029 } from './0029-second-factor.js';
import { CreateBackupCode1764547200030 } from './0030-backup-code.js';
import { CreateInvite1764547200031 } from './0031-invite.js';
import { CreateEmailToken1764547200032 } from './0032-email-token.js';
import { CreateRateBucket1764547200033 } from './0033-rate-bucket.js';
import { CreateJob1764547200034 } from './0034-job.js';
import { AddAccountDisabledIndex1764547200035 } from './0035-account-disabled-index.js';

/**
 * All migrations in order. Each makes one table or adds columns, because MySQL cannot roll back DDL: one statement is all or nothing
 * there. `up` passes over what exists, since a server killed between the statement and the note about it runs the migration again.
 */
export const MIGRATIONS = [
  CreateAccount1764547200001,
  CreateDeviceCertificate1764547200002,
  CreateDevice1764547200003,
  CreateDeviceList1764547200004,
  CreateSignedPreKey1764547200005,
  CreateKyberLastResortPreKey1764547200006,
  CreateOneTimePreKey1764547200007,
  CreateOneTimeKyberPreKey1764547200008,
  CreateEnvelope1764547200009,
  CreateRefreshTokenFamily1764547200010,
  CreateServerSecret1764547200011,
  CreateLinkSession1764547200012,
  CreateLinkMessage1764547200013,
  CreateStorageRecord1764547200020,
  CreateRecoveryBlob1764547200021,
  CreateRecoveryRequest1764547200022,
  CreateEarlierPassword1764547200023,
  CreateRootNotice1764547200024,
  CreateRootChange1764547200025,
  CreateArchive1764547200026,
  CreateArchiveSegment1764547200027,
  AddAccountStanding1764547200028,
  CreateSecondFactor1764547200029,
  CreateBackupCode1764547200030,
  CreateInvite1764547200031,
  CreateEmailToken1764547200032,
  CreateRateBucket1764547200033,
  CreateJob1764547200034,
  AddAccountDisabledIndex1764547200035,
];
