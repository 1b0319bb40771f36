import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** A new root that waits for its notice to be over. */
export class CreateRootNotice1764547200024 implements MigrationInterface {
  readonly name = 'CreateRootNotice1764547200024';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, bytes, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'root_notice',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'request_hash', ...fixedBytes(32) },
          { name: 'bytes', ...bytes(2048) },
          { name: 'new_root_signature', ...bytes(64) },
          { name: 'signer_signature', ...bytes(64) },
          { name: 'requested_at', ...bigInteger },
          { name: 'held_until', ...bigInteger },
          { name: 'expires_at', ...bigInteger },
          { name: 'stopped_at', ...bigInteger, isNullable: true },
        ],
        foreignKeys: [
          {
            name: 'FK_root_notice_account',
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
    await queryRunner.dropTable('root_notice');
  }
}
