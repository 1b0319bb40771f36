import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Which segments of an archive are there, and where. */
export class CreateArchiveSegment1764547200027 implements MigrationInterface {
  readonly name = 'CreateArchiveSegment1764547200027';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, text, integer, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'archive_segment',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'archive_id', ...id, isPrimary: true },
          { name: 'number', ...integer, isPrimary: true },
          { name: 'size', ...integer },
          { name: 'digest', ...fixedBytes(32) },
          { name: 'blob_name', ...text(64) },
          { name: 'stored_at', ...bigInteger },
        ],
        indices: [{ name: 'UQ_archive_segment_blob_name', columnNames: ['blob_name'], isUnique: true }],
        foreignKeys: [
          {
            name: 'FK_archive_segment_archive',
            columnNames: ['account_id', 'archive_id'],
            referencedTableName: 'archive',
            referencedColumnNames: ['account_id', 'archive_id'],
            ...CASCADE,
          },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('archive_segment');
  }
}
