import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { dialectOf } from './dialect.js';

/**
 * The server's own key material. On MySQL it lies in the database as it is: whoever reads the database or its backups can act as
 * this server until the trust root has been moved offline and the keys rotated. (On the embedded engine the file is encrypted.)
 */
export class CreateServerSecret1764547200011 implements MigrationInterface {
  readonly name = 'CreateServerSecret1764547200011';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { bytes, text, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'server_secret',
        columns: [
          { name: 'name', ...text(64), isPrimary: true },
          { name: 'secret', ...bytes(4096) },
          { name: 'created_at', ...bigInteger },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('server_secret');
  }
}
