import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** One family of refresh tokens a device, by hashes alone. */
export class CreateRefreshTokenFamily1764547200010 implements MigrationInterface {
  readonly name = 'CreateRefreshTokenFamily1764547200010';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'refresh_token_family',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'device_id', ...id, isPrimary: true },
          { name: 'token_hash', ...fixedBytes(32) },
          { name: 'previous_token_hash', ...fixedBytes(32), isNullable: true },
          { name: 'issued_at', ...bigInteger },
          { name: 'expires_at', ...bigInteger },
          { name: 'revoked_at', ...bigInteger, isNullable: true },
        ],
        foreignKeys: [
          {
            name: 'FK_refresh_token_family_device',
            columnNames: ['account_id', 'device_id'],
            referencedTableName: 'device',
            referencedColumnNames: ['account_id', 'device_id'],
            ...CASCADE,
          },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('refresh_token_family');
  }
}
