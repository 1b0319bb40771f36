import type { Dialect } from '@sotto/migrations/dialect';
import { accountEntity } from './account.js';
import { admissionEntities } from './admission.js';
import { archiveEntities } from './archive.js';
import { deviceListEntity } from './device-list.js';
import { deviceCertificateEntity, deviceEntity } from './device.js';
import { envelopeEntity } from './envelope.js';
import { housekeepingEntities } from './housekeeping.js';
import { linkMessageEntity, linkSessionEntity } from './link-session.js';
import { preKeyEntities } from './pre-key.js';
import { recoveryEntities } from './recovery.js';
import { refreshTokenFamilyEntity } from './refresh-token-family.js';
import { rootEntities } from './root.js';
import { secondFactorEntities } from './second-factor.js';
import { serverSecretEntity } from './server-secret.js';
import { storageRecordEntity } from './storage-record.js';

/** Every table of the server, as the program expects it; a test compares this with what the migrations make. */
export const entitiesFor = (dialect: Dialect) => [
  accountEntity(dialect),
  deviceCertificateEntity(dialect),
  deviceEntity(dialect),
  deviceListEntity(dialect),
  ...preKeyEntities(dialect),
  envelopeEntity(dialect),
  refreshTokenFamilyEntity(dialect),
  serverSecretEntity(dialect),
  storageRecordEntity(dialect),
  ...recoveryEntities(dialect),
  ...rootEntities(dialect),
  ...archiveEntities(dialect),
  linkSessionEntity(dialect),
  linkMessageEntity(dialect),
  ...secondFactorEntities(dialect),
  ...admissionEntities(dialect),
  ...housekeepingEntities(dialect),
];
