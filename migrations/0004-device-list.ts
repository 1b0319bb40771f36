import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Hash-chained device lists with their receipts; the highest (epoch, number) of an account is its head. */
export class CreateDeviceList1764547200004 implements MigrationInterface {
  readonly name = 'CreateDeviceList1764547200004';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, fixedBytes, bytes, integer, bigInteger } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'device_list',
        columns: [
          { name: 'account_id', ...id, isPrimary: true },
          { name: 'epoch', ...bigInteger, isPrimary: true },
          { name: 'number', ...integer, isPrimary: true },
          { name: 'bytes', ...bytes(2048) },
          { name: 'signature', ...bytes(64) },
          { name: 'list_hash', ...fixedBytes(32) },
          { name: 'previous_hash', ...fixedBytes(32) },
          { name: 'received_at', ...bigInteger },
          { name: 'receipt_signature', ...bytes(64) },
        ],
        foreignKeys: [
          {
            name: 'FK_device_list_account',
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
    await queryRunner.dropTable('device_list');
  }
}
