import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Active devices: exactly those on the receipted heads. */
export class CreateDevice1764547200003 implements MigrationInterface {
  readonly name = 'CreateDevice1764547200003';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, bytes, integer, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'device',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'device_id', ...id, isPrimary: true },
          { name: 'certificate_hash', ...fixedBytes(32) },
          { name: 'signing_key', ...fixedBytes(32) },
          { name: 'identity_key', ...bytes(64) },
          { name: 'link_key', ...fixedBytes(32), isNullable: true },
          { name: 'registration_id', ...integer },
          { name: 'linked_at', ...bigInteger },
          { name: 'last_seen_day', ...integer, isNullable: true },
          { name: 'expired_envelopes', ...integer },
        ],
        indices: [{ name: 'UQ_device_device_id', columnNames: ['device_id'], isUnique: true }],
        foreignKeys: [
          {
            name: 'FK_device_account',
            columnNames: ['account_id'],
            referencedTableName: 'account',
            referencedColumnNames: ['account_id'],
            ...CASCADE,
          },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('device');
  }
}
