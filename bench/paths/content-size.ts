import { createAccount, systemRandom } from '@sotto/crypto';
import { encodeContent, type ListHead } from '@sotto/protocol/content';
import { parseMessageId, parseUnixMs } from '@sotto/protocol/ids';
import { randomUUID } from 'node:crypto';

const HASH_BYTES = 32;

/** How many bytes a text of a contact hands to the ratchet: header, profile key and padding together. */
export const textContentBytes = (text: string): number => {
  const now = parseUnixMs(Date.now());
  const messageId = parseMessageId(randomUUID());
  if (now === undefined || messageId === undefined) throw new Error('a value of the benchmark is wrong');
  const { accountId, device } = createAccount({ random: systemRandom, clock: { now: () => now } });
  const head: ListHead = { epoch: 1, number: 1, hash: new Uint8Array(HASH_BYTES) };
  const header = {
    senderAccount: accountId,
    senderDevice: device.deviceId,
    recipientAccount: accountId,
    recipientDevice: device.deviceId,
    messageId,
    sequence: 1_000,
    sentAt: now,
    senderListHead: head,
    recipientListHead: head,
    profileKey: new Uint8Array(HASH_BYTES),
  };
  return encodeContent({ header, body: { kind: 'text', body: text } }).length;
};
