import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Recoveries that wait for a veto: what was signed, and nothing that opens anything. */
export class CreateRecoveryRequest1764547200022 implements MigrationInterface {
  readonly name = 'CreateRecoveryRequest1764547200022';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, bytes, integer, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'recovery_request',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'request_hash', ...fixedBytes(32), isPrimary: true },
          { name: 'challenge', ...bytes(64) },
          { name: 'list_hash', ...fixedBytes(32) },
          { name: 'certificate_hash', ...fixedBytes(32) },
          { name: 'authentication_hash', ...fixedBytes(32) },
          { name: 'access_key_verifier', ...fixedBytes(32) },
          { name: 'refresh_token_hash', ...fixedBytes(32) },
          { name: 'blob_hash', ...fixedBytes(32) },
          { name: 'proves_password', ...integer },
          { name: 'signature', ...bytes(64) },
          { name: 'requested_at', ...bigInteger },
          { name: 'held_until', ...bigInteger },
          { name: 'expires_at', ...bigInteger },
          { name: 'vetoed_at', ...bigInteger, isNullable: true },
        ],
        indices: [{ name: 'IX_recovery_request_expires_at', columnNames: ['expires_at'] }],
        foreignKeys: [
          {
            name: 'FK_recovery_request_account',
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
    await queryRunner.dropTable('recovery_request');
  }
}
