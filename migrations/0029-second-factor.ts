import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Second factors: the secret that an authenticator app shares with the server. */
export class CreateSecondFactor1764547200029 implements MigrationInterface {
  readonly name = 'CreateSecondFactor1764547200029';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, bytes, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'second_factor',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'secret', ...bytes(64) },
          { name: 'last_step', ...bigInteger },
          { name: 'created_at', ...bigInteger },
          { name: 'confirmed_at', ...bigInteger, isNullable: true },
        ],
        foreignKeys: [
          {
            name: 'FK_second_factor_account',
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
    await queryRunner.dropTable('second_factor');
  }
}
