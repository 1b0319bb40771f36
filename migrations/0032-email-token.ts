import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** What was sent by mail to confirm an address or to reset a password, hashed. */
export class CreateEmailToken1764547200032 implements MigrationInterface {
  readonly name = 'CreateEmailToken1764547200032';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, text, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'email_token',
        columns: [
          { name: 'token_hash', ...fixedBytes(32), isPrimary: true },
          { name: 'account_id', ...id },
          { name: 'purpose', ...text(16) },
          { name: 'email', ...text(254) },
          { name: 'created_at', ...bigInteger },
          { name: 'expires_at', ...bigInteger },
        ],
        indices: [
          { name: 'IX_email_token_account_id', columnNames: ['account_id'] },
          { name: 'IX_email_token_expires_at', columnNames: ['expires_at'] },
        ],
        foreignKeys: [
          {
            name: 'FK_email_token_account',
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
    await queryRunner.dropTable('email_token');
  }
}
