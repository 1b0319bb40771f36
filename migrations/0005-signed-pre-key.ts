import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** The present signed prekey of a device. */
export class CreateSignedPreKey1764547200005 implements MigrationInterface {
  readonly name = 'CreateSignedPreKey1764547200005';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, bytes, integer } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'signed_pre_key',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'device_id', ...id, isPrimary: true },
          { name: 'key_id', ...integer },
          { name: 'public_key', ...bytes(64) },
          { name: 'signature', ...bytes(64) },
        ],
        foreignKeys: [
          {
            name: 'FK_signed_pre_key_device',
            columnNames: ['account_id', 'device_id'],
            referencedTableName: 'device',
            referencedColumnNames: ['account_id', 'device_id'],
            ...CASCADE,
          },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('signed_pre_key');
  }
}
