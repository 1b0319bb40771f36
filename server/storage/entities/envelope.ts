import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { bytesColumn, instantColumn, integerColumn } from '../columns.js';
import { belongsToDevice, deviceKey } from './device.js';

export interface EnvelopeRow {
  readonly position: number;
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly envelopeId: Bytes;
  readonly kind: number;
  readonly acceptedAt: UnixMs;
  readonly ciphertext: Bytes;
}

export const envelopeEntity = (dialect: Dialect) =>
  new EntitySchema<EnvelopeRow>({
    name: 'envelope',
    columns: {
      position: integerColumn('position', dialect.counter, { primary: true, generated: 'increment' }),
      ...deviceKey(dialect, false),
      envelopeId: bytesColumn('envelope_id', dialect.id),
      kind: integerColumn('kind', dialect.integer),
      acceptedAt: instantColumn('accepted_at', dialect.bigInteger),
      ciphertext: bytesColumn('ciphertext', dialect.payload),
    },
    indices: [
      { name: 'UQ_envelope_id', columns: ['accountId', 'deviceId', 'envelopeId'], unique: true },
      { name: 'IX_envelope_position', columns: ['accountId', 'deviceId', 'position'] },
    ],
    foreignKeys: [belongsToDevice('envelope')],
  });
