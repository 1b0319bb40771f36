import { randomUUID } from 'node:crypto';
import {
  parseAccountId,
  parseDeviceId,
  parseEnvelopeId,
  parseMessageId,
  parseUnixMs,
  parseUsername,
  type AccountId,
  type DeviceId,
  type EnvelopeId,
  type MessageId,
  type UnixMs,
  type Username,
} from '@sotto/protocol/ids';

const known = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('bad test data');
  return value;
};

export const newAccountId = (): AccountId => known(parseAccountId(randomUUID()));
export const newDeviceId = (): DeviceId => known(parseDeviceId(randomUUID().replace(/^(.{14})4/, '$18')));
export const newMessageId = (): MessageId => known(parseMessageId(randomUUID()));
export const newEnvelopeId = (): EnvelopeId => known(parseEnvelopeId(randomUUID()));
export const at = (ms: number): UnixMs => known(parseUnixMs(ms));
export const named = (name: string): Username => known(parseUsername(name));
