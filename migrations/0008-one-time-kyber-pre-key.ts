import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** One-time Kyber prekeys that nobody has claimed yet. */
export class CreateOneTimeKyberPreKey1764547200008 implements MigrationInterface {
  readonly name = 'CreateOneTimeKyberPreKey1764547200008';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, bytes, integer } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'one_time_kyber_pre_key',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'device_id', ...id, isPrimary: true },
          { name: 'key_id', ...integer, isPrimary: true },
          { name: 'public_key', ...bytes(2048) },
          { name: 'signature', ...bytes(64) },
        ],
        foreignKeys: [
          {
            name: 'FK_one_time_kyber_pre_key_device',
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
    await queryRunner.dropTable('one_time_kyber_pre_key');
  }
}
