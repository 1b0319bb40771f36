import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { CASCADE, dialectOf } from './dialect.js';

/** Sealed envelopes that wait for a device. No column says who wrote. */
export class CreateEnvelope1764547200009 implements MigrationInterface {
  readonly name = 'CreateEnvelope1764547200009';

  async up(queryRunner: QueryRunner): Promise<void> {
    const { id, payload, integer, bigInteger, counter } = dialectOf(queryRunner.dataSource.options.type);
    await queryRunner.createTable(
      new Table({
        name: 'envelope',
        columns: [
          { name: 'position', ...counter, isPrimary: true, isGenerated: true, generationStrategy: 'increment' },
          { name: 'account_id', ...id },
          { name: 'device_id', ...id },
          { name: 'envelope_id', ...id },
          { name: 'kind', ...integer },
          { name: 'accepted_at', ...bigInteger },
          { name: 'ciphertext', ...payload },
        ],
        indices: [
          { name: 'UQ_envelope_id', columnNames: ['account_id', 'device_id', 'envelope_id'], isUnique: true },
          { name: 'IX_envelope_position', columnNames: ['account_id', 'device_id', 'position'] },
        ],
        foreignKeys: [
          {
            name: 'FK_envelope_device',
            columnNames: ['account_id', 'device_id'],
            referencedTableName: 'device',
            referencedColumnNames: ['account_id', 'device_id'],
            ...CASCADE,
          },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('envelope');
  }
}
