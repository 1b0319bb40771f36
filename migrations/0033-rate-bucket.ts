import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { dialectOf } from './dialect.js';

/** How far the limits that outlive a restart are used up. */
export class CreateRateBucket1764547200033 implements MigrationInterface {
  readonly name = 'CreateRateBucket1764547200033';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { fixedBytes, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'rate_bucket',
        columns: [
          { name: 'bucket_hash', ...fixedBytes(32), isPrimary: true },
          { name: 'full_at', ...bigInteger },
        ],
        indices: [{ name: 'IX_rate_bucket_full_at', columnNames: ['full_at'] }],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('rate_bucket');
  }
}
