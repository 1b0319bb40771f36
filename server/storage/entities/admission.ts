import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { accountIdColumn, bytesColumn, instantColumn, integerColumn, textColumn } from '../columns.js';
import { belongsToAccount } from './device.js';

export interface InviteRow {
  readonly inviteHash: Bytes;
  readonly inviteId: string;
  readonly usesLeft: number;
  readonly createdAt: UnixMs;
  readonly expiresAt: UnixMs;
}

export interface EmailTokenRow {
  readonly tokenHash: Bytes;
  readonly accountId: AccountId;
  readonly purpose: string;
  readonly email: string;
  readonly createdAt: UnixMs;
  readonly expiresAt: UnixMs;
}

const EMAIL_TOKEN = 'email_token';

/** What lets people in: invites, and what was sent to their addresses. */
export const admissionEntities = ({ id, fixedBytes, text, integer, bigInteger }: Dialect) => [
  new EntitySchema<InviteRow>({
    name: 'invite',
    columns: {
      inviteHash: bytesColumn('invite_hash', fixedBytes(32), { primary: true }),
      inviteId: textColumn('invite_id', text(16)),
      usesLeft: integerColumn('uses_left', integer),
      createdAt: instantColumn('created_at', bigInteger),
      expiresAt: instantColumn('expires_at', bigInteger),
    },
    indices: [
      { name: 'UQ_invite_invite_id', columns: ['inviteId'], unique: true },
      { name: 'IX_invite_expires_at', columns: ['expiresAt'] },
    ],
  }),
  new EntitySchema<EmailTokenRow>({
    name: EMAIL_TOKEN,
    columns: {
      tokenHash: bytesColumn('token_hash', fixedBytes(32), { primary: true }),
      accountId: accountIdColumn('account_id', id),
      purpose: textColumn('purpose', text(16)),
      email: textColumn('email', text(254)),
      createdAt: instantColumn('created_at', bigInteger),
      expiresAt: instantColumn('expires_at', bigInteger),
    },
    indices: [
      { name: 'IX_email_token_account_id', columns: ['accountId'] },
      { name: 'IX_email_token_expires_at', columns: ['expiresAt'] },
    ],
    foreignKeys: [belongsToAccount(EMAIL_TOKEN)],
  }),
];
