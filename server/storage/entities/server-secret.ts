import type { UnixMs } from '@sotto/protocol/ids';
import type { Dialect } from '@sotto/migrations/dialect';
import { EntitySchema } from 'typeorm';
import type { Bytes } from '../bytes.js';
import { bytesColumn, instantColumn, textColumn } from '../columns.js';

export interface ServerSecretRow {
  readonly name: string;
  readonly secret: Bytes;
  readonly createdAt: UnixMs;
}

export const SERVER_SECRET = 'server_secret';

export const serverSecretEntity = ({ bytes, text, bigInteger }: Dialect) =>
  new EntitySchema<ServerSecretRow>({
    name: SERVER_SECRET,
    columns: {
      name: textColumn('name', text(64), { primary: true }),
      secret: bytesColumn('secret', bytes(4096)),
      createdAt: instantColumn('created_at', bigInteger),
    },
  });
