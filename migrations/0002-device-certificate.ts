import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Certificates of all devices that a list has ever named: chains stay verifiable after a removal. */
export class CreateDeviceCertificate1764547200002 implements MigrationInterface {
  readonly name = 'CreateDeviceCertificate1764547200002';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, bytes } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'device_certificate',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'certificate_hash', ...fixedBytes(32), isPrimary: true },
          { name: 'device_id', ...id },
          { name: 'bytes', ...bytes(512) },
          { name: 'signing_key_signature', ...bytes(64) },
          { name: 'identity_key_signature', ...bytes(64) },
        ],
        foreignKeys: [
          {
            name: 'FK_device_certificate_account',
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
    await queryRunner.dropTable('device_certificate');
  }
}
