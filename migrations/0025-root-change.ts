import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Roots that an account has left: the statement, and the epoch that began under the root after it. */
export class CreateRootChange1764547200025 implements MigrationInterface {
  readonly name = 'CreateRootChange1764547200025';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, bytes, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'root_change',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'epoch', ...bigInteger, isPrimary: true },
          { name: 'bytes', ...bytes(2048) },
          { name: 'new_root_signature', ...bytes(64) },
          { name: 'signer_signature', ...bytes(64) },
          { name: 'old_account_identity_key', ...bytes(64) },
          { name: 'old_recovery_public_key', ...bytes(2048) },
        ],
        foreignKeys: [
          {
            name: 'FK_root_change_account',
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
    await queryRunner.dropTable('root_change');
  }
}
