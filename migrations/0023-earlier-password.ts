import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Passwords that were replaced, and still prove a recovery for a while. */
export class CreateEarlierPassword1764547200023 implements MigrationInterface {
  readonly name = 'CreateEarlierPassword1764547200023';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, text, integer, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'earlier_password',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'salt', ...fixedBytes(16), isPrimary: true },
          { name: 'memory_kib', ...integer },
          { name: 'iterations', ...integer },
          { name: 'parallelism', ...integer },
          { name: 'verifier', ...text(255) },
          { name: 'valid_until', ...bigInteger },
        ],
        indices: [{ name: 'IX_earlier_password_valid_until', columnNames: ['valid_until'] }],
        foreignKeys: [
          {
            name: 'FK_earlier_password_account',
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
    await queryRunner.dropTable('earlier_password');
  }
}
