import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** What the two ends of a link have written to each other, each slot once; the server can read none of it. */
export class CreateLinkMessage1764547200013 implements MigrationInterface {
  readonly name = 'CreateLinkMessage1764547200013';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, payload, integer } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'link_message',
        columns: [
          { name: 'link_session_id', ...id, isPrimary: true },
          { name: 'number', ...integer, isPrimary: true },
          { name: 'revision', ...integer },
          { name: 'body', ...payload },
        ],
        foreignKeys: [
          {
            name: 'FK_link_message_session',
            columnNames: ['link_session_id'],
            referencedTableName: 'link_session',
            referencedColumnNames: ['link_session_id'],
            ...CASCADE,
          },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('link_message');
  }
}
