import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Links of devices under way, and for a day those that are over. */
export class CreateLinkSession1764547200012 implements MigrationInterface {
  readonly name = 'CreateLinkSession1764547200012';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, bytes, text, integer, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'link_session',
        columns: [
          { name: 'link_session_id', ...id, isPrimary: true },
          { name: 'token', ...bytes(512) },
          { name: 'displayed_by', ...text(16) },
          { name: 'lookup_id', ...id, isNullable: true },
          { name: 'looked_up_at', ...bigInteger, isNullable: true },
          { name: 'account_id', ...id, isNullable: true },
          { name: 'device_id', ...id, isNullable: true },
          { name: 'claimant_hash', ...fixedBytes(32), isNullable: true },
          { name: 'state', ...text(16) },
          { name: 'end_reason', ...text(16), isNullable: true },
          { name: 'revision', ...integer },
          { name: 'renewals', ...integer },
          { name: 'contest_mac', ...fixedBytes(32), isNullable: true },
          { name: 'certificate', ...bytes(512), isNullable: true },
          { name: 'list_bytes', ...bytes(2048), isNullable: true },
          { name: 'list_signature', ...bytes(64), isNullable: true },
          { name: 'activation_hash', ...fixedBytes(32), isNullable: true },
          { name: 'created_at', ...bigInteger },
          { name: 'expires_at', ...bigInteger },
        ],
        indices: [
          { name: 'UQ_link_session_lookup_id', columnNames: ['lookup_id'], isUnique: true },
          { name: 'IX_link_session_account', columnNames: ['account_id', 'created_at'] },
          { name: 'IX_link_session_state', columnNames: ['state', 'expires_at'] },
          { name: 'IX_link_session_created', columnNames: ['created_at'] },
        ],
        foreignKeys: [
          {
            name: 'FK_link_session_account',
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
    await queryRunner.dropTable('link_session');
  }
}
