import type { MigrationInterface, QueryRunner } from 'typeorm';

const NAME = 'IX_account_disabled_at';

/** Finds the accounts that were closed since a process last looked, without reading the others. */
export class AddAccountDisabledIndex1764547200035 implements MigrationInterface {
  readonly name = 'AddAccountDisabledIndex1764547200035';

  async up(queryRunner: QueryRunner): Promise<void> {
    const table = await queryRunner.getTable('account');
    if (table?.indices.some(({ name }) => name === NAME) === true) return;
    await queryRunner.query(`CREATE INDEX ${NAME} ON account (disabled_at)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const isMysql = queryRunner.dataSource.options.type !== 'better-sqlite3';
    await queryRunner.query(`DROP INDEX ${NAME}${isMysql ? ' ON account' : ''}`);
  }
}
