import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import { CASCADE, type Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { accountIdColumn, bytesColumn, deviceIdColumn, instantColumn, integerColumn, textColumn } from '../columns.js';
import { belongsToAccount } from './device.js';

export interface LinkSessionRow {
  readonly linkSessionId: Bytes;
  readonly token: Bytes;
  readonly displayedBy: string;
  readonly lookupId: Bytes | null;
  readonly lookedUpAt: UnixMs | null;
  readonly accountId: AccountId | null;
  readonly deviceId: DeviceId | null;
  readonly claimantHash: Bytes | null;
  readonly state: string;
  readonly endReason: string | null;
  readonly revision: number;
  readonly renewals: number;
  readonly contestMac: Bytes | null;
  readonly certificate: Bytes | null;
  readonly listBytes: Bytes | null;
  readonly listSignature: Bytes | null;
  readonly activationHash: Bytes | null;
  readonly createdAt: UnixMs;
  readonly expiresAt: UnixMs;
}

export interface LinkMessageRow {
  readonly linkSessionId: Bytes;
  readonly number: number;
  readonly revision: number;
  readonly body: Bytes;
}

export const LINK_SESSION = 'link_session';
const LINK_MESSAGE = 'link_message';

export const linkSessionEntity = ({ id, fixedBytes, bytes, text, integer, bigInteger }: Dialect) =>
  new EntitySchema<LinkSessionRow>({
    name: LINK_SESSION,
    columns: {
      linkSessionId: bytesColumn('link_session_id', id, { primary: true }),
      token: bytesColumn('token', bytes(512)),
      displayedBy: textColumn('displayed_by', text(16)),
      lookupId: bytesColumn('lookup_id', id, { nullable: true }),
      lookedUpAt: instantColumn('looked_up_at', bigInteger, { nullable: true }),
      accountId: accountIdColumn('account_id', id, { nullable: true }),
      deviceId: deviceIdColumn('device_id', id, { nullable: true }),
      claimantHash: bytesColumn('claimant_hash', fixedBytes(32), { nullable: true }),
      state: textColumn('state', text(16)),
      endReason: textColumn('end_reason', text(16), { nullable: true }),
      revision: integerColumn('revision', integer),
      renewals: integerColumn('renewals', integer),
      contestMac: bytesColumn('contest_mac', fixedBytes(32), { nullable: true }),
      certificate: bytesColumn('certificate', bytes(512), { nullable: true }),
      listBytes: bytesColumn('list_bytes', bytes(2048), { nullable: true }),
      listSignature: bytesColumn('list_signature', bytes(64), { nullable: true }),
      activationHash: bytesColumn('activation_hash', fixedBytes(32), { nullable: true }),
      createdAt: instantColumn('created_at', bigInteger),
      expiresAt: instantColumn('expires_at', bigInteger),
    },
    indices: [
      { name: 'UQ_link_session_lookup_id', columns: ['lookupId'], unique: true },
      { name: 'IX_link_session_account', columns: ['accountId', 'createdAt'] },
      { name: 'IX_link_session_state', columns: ['state', 'expiresAt'] },
      { name: 'IX_link_session_created', columns: ['createdAt'] },
    ],
    foreignKeys: [belongsToAccount(LINK_SESSION)],
  });

export const linkMessageEntity = ({ id, integer, payload }: Dialect) =>
  new EntitySchema<LinkMessageRow>({
    name: LINK_MESSAGE,
    columns: {
      linkSessionId: bytesColumn('link_session_id', id, { primary: true }),
      number: integerColumn('number', integer, { primary: true }),
      revision: integerColumn('revision', integer),
      body: bytesColumn('body', payload),
    },
    foreignKeys: [
      {
        name: 'FK_link_message_session',
        target: LINK_SESSION,
        columnNames: ['linkSessionId'],
        referencedColumnNames: ['linkSessionId'],
        ...CASCADE,
      },
    ],
  });
