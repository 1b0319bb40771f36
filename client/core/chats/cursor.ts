import { parseMessageId, parseUnixMs } from '@sotto/protocol/ids';
import type { Place } from './message.js';

const CURSOR = /^(\d{1,16})\.(\d{1,16})\.([0-9a-f-]{36})$/;

/** A place as the interface hands it back to ask for what comes before it. */
export const encodeCursor = ({ orderedAt, sequence, messageId }: Place): string =>
  [orderedAt, sequence, messageId].join('.');

export const parseCursor = (cursor: string): Place | undefined => {
  const fields = CURSOR.exec(cursor);
  const orderedAt = parseUnixMs(Number(fields?.[1]));
  const sequence = Number(fields?.[2]);
  const messageId = parseMessageId(fields?.[3]);
  return orderedAt === undefined || messageId === undefined || !Number.isSafeInteger(sequence)
    ? undefined
    : { orderedAt, sequence, messageId };
};
