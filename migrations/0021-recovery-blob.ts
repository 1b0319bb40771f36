import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** The sealed keys of an account, and by what its recovery key finds them. */
export class CreateRecoveryBlob1764547200021 implements MigrationInterface {
  readonly name = 'CreateRecoveryBlob1764547200021';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, bytes, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'recovery_blob',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'blob_id', ...id },
          { name: 'fetch_secret_hash', ...fixedBytes(32) },
          { name: 'bytes', ...bytes(4096) },
          { name: 'signature', ...bytes(64) },
          { name: 'storage_record_version', ...bigInteger },
          { name: 'updated_at', ...bigInteger },
        ],
        indices: [{ name: 'UQ_recovery_blob_blob_id', columnNames: ['blob_id'], isUnique: true }],
        foreignKeys: [
          {
            name: 'FK_recovery_blob_account',
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
    await queryRunner.dropTable('recovery_blob');
  }
}
