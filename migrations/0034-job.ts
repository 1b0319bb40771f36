import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { dialectOf } from './dialect.js';

/** Which process does the work that one process does for all. */
export class CreateJob1764547200034 implements MigrationInterface {
  readonly name = 'CreateJob1764547200034';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, text, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'job',
        columns: [
          { name: 'name', ...text(32), isPrimary: true },
          { name: 'holder', ...id, isNullable: true },
          { name: 'held_until', ...bigInteger },
          { name: 'finished_at', ...bigInteger, isNullable: true },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('job');
  }
}
