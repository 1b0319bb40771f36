import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { dialectOf } from './dialect.js';

/** Invite codes, hashed. */
export class CreateInvite1764547200031 implements MigrationInterface {
  readonly name = 'CreateInvite1764547200031';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { fixedBytes, text, integer, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'invite',
        columns: [
          { name: 'invite_hash', ...fixedBytes(32), isPrimary: true },
          { name: 'invite_id', ...text(16) },
          { name: 'uses_left', ...integer },
          { name: 'created_at', ...bigInteger },
          { name: 'expires_at', ...bigInteger },
        ],
        indices: [
          { name: 'UQ_invite_invite_id', columnNames: ['invite_id'], isUnique: true },
          { name: 'IX_invite_expires_at', columnNames: ['expires_at'] },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('invite');
  }
}
