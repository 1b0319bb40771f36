import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { dialectOf } from './dialect.js';

/** People's accounts. */
export class CreateAccount1764547200001 implements MigrationInterface {
  readonly name = 'CreateAccount1764547200001';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, bytes, text, integer, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'account',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'username', ...text(32) },
          { name: 'username_key', ...text(32) },
          { name: 'email', ...text(254), isNullable: true },
          { name: 'email_key', ...text(254), isNullable: true },
          { name: 'auth_salt', ...bytes(64) },
          { name: 'auth_memory_kib', ...integer },
          { name: 'auth_iterations', ...integer },
          { name: 'auth_parallelism', ...integer },
          { name: 'auth_verifier', ...text(255) },
          { name: 'account_identity_key', ...bytes(64) },
          { name: 'recovery_public_key', ...bytes(2048) },
          { name: 'access_verifier', ...fixedBytes(32) },
          { name: 'previous_access_verifier', ...fixedBytes(32), isNullable: true },
          { name: 'previous_access_verifier_expires_at', ...bigInteger, isNullable: true },
          { name: 'created_at', ...bigInteger },
        ],
        indices: [
          { name: 'UQ_account_username_key', columnNames: ['username_key'], isUnique: true },
          { name: 'UQ_account_email_key', columnNames: ['email_key'], isUnique: true },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('account');
  }
}
