import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { dialectOf } from './dialect.js';

/** When an address was confirmed, when the host closed an account, when its owner locked linking. */
const COLUMNS = ['email_confirmed_at', 'disabled_at', 'linking_locked_at'];

/** Three columns that are empty at first: MySQL adds such ones without copying the table or holding anybody up. */
export class AddAccountStanding1764547200028 implements MigrationInterface {
  readonly name = 'AddAccountStanding1764547200028';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    for (const name of COLUMNS) {
      if (await queryRunner.hasColumn('account', name)) continue;
      await queryRunner.query(`ALTER TABLE account ADD COLUMN ${name} ${bigInteger.type} NULL`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const name of COLUMNS.toReversed()) {
      if (!(await queryRunner.hasColumn('account', name))) continue;
      await queryRunner.query(`ALTER TABLE account DROP COLUMN ${name}`);
    }
  }
}
