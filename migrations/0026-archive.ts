import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** History archives on their way to other devices of the same account. */
export class CreateArchive1764547200026 implements MigrationInterface {
  readonly name = 'CreateArchive1764547200026';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, integer, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'archive',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'archive_id', ...id, isPrimary: true },
          { name: 'segment_count', ...integer, isNullable: true },
          { name: 'created_at', ...bigInteger },
          { name: 'expires_at', ...bigInteger },
        ],
        indices: [{ name: 'IX_archive_expires_at', columnNames: ['expires_at'] }],
        foreignKeys: [
          {
            name: 'FK_archive_account',
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
    await queryRunner.dropTable('archive');
  }
}
