import type { EntitySchemaColumnOptions, ValueTransformer } from 'typeorm';
import type { ColumnType } from '@sotto/migrations/dialect';
import {
  accountIdFrom,
  archiveIdFrom,
  bytesFrom,
  bytesParameter,
  deviceIdFrom,
  idParameter,
  instantFrom,
  integerFrom,
  usernameFrom,
} from './row-values.js';

type ColumnOptions = Omit<EntitySchemaColumnOptions, 'type'>;
type Column = (name: string, type: ColumnType, options?: ColumnOptions) => EntitySchemaColumnOptions;

/** A column whose values are of one of our types in the program; NULL stays NULL in rows. */
const column =
  <Value>(from: (value: unknown) => Value, to: (value: Value) => unknown = (value) => value): Column =>
  (name, type, options = {}) => {
    const transformer: ValueTransformer = {
      from: (value: unknown) => (value === null || value === undefined ? null : from(value)),
      to: (value: Value | null | undefined) => (value === null || value === undefined ? value : to(value)),
    };
    return { name, ...type, ...options, transformer };
  };

export const accountIdColumn = column(accountIdFrom, idParameter);
export const archiveIdColumn = column(archiveIdFrom, idParameter);
export const deviceIdColumn = column(deviceIdFrom, idParameter);
export const bytesColumn = column(bytesFrom, bytesParameter);
export const instantColumn = column(instantFrom);
export const integerColumn = column(integerFrom);
export const usernameColumn = column(usernameFrom);

export const textColumn: Column = (name, type, options = {}) => ({ name, ...type, ...options });
