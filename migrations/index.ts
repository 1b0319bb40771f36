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

/**
 * All migrations in order. Each makes one table, because MySQL cannot roll back DDL: one statement is all or nothing there. `up`
 * passes over a table that exists, since a server killed between the statement and the note about it runs the migration again.
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
];
