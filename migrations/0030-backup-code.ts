import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Codes that stand in for a lost authenticator, each once. */
export class CreateBackupCode1764547200030 implements MigrationInterface {
  readonly name = 'CreateBackupCode1764547200030';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'backup_code',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'code_hash', ...fixedBytes(32), isPrimary: true },
        ],
        foreignKeys: [
          {
            name: 'FK_backup_code_account',
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
    await queryRunner.dropTable('backup_code');
  }
}
