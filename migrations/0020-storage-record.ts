import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** The encrypted state that the devices of an account share. */
export class CreateStorageRecord1764547200020 implements MigrationInterface {
  readonly name = 'CreateStorageRecord1764547200020';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, bigInteger, payload } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'storage_record',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'version', ...bigInteger },
          { name: 'record', ...payload },
          { name: 'updated_at', ...bigInteger },
        ],
        foreignKeys: [
          {
            name: 'FK_storage_record_account',
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
    await queryRunner.dropTable('storage_record');
  }
}
