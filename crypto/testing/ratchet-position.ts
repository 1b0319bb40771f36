import { LocalParty } from '../backend/libsignal-party.js';
import { unseal } from '../backend/libsignal-sealed-sender.js';
import type { SealedBytes } from '../keys.js';
import { UnitOfWork } from '../session/unit-of-work.js';
import type { DurableState } from '../store.js';

/** One field of a protobuf message: a number, or bytes. */
const readFields = (bytes: Uint8Array): ReadonlyMap<number, number | Uint8Array> => {
  const fields = new Map<number, number | Uint8Array>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const value = varint();
    if (tag % 8 === 0) {
      fields.set(tag >> 3, value);
      continue;
    }
    if (tag % 8 !== 2) throw new Error('A ratchet message has a field of another type than it should.');
    fields.set(tag >> 3, bytes.subarray(at, at + value));
    at += value;
  }
  return fields;
};

const bytesIn = (value: number | Uint8Array | undefined): Uint8Array => {
  if (typeof value !== 'object') throw new Error('A ratchet message lacks a field of bytes.');
  return value;
};

const MAC_LENGTH = 8;
const VERSION_LENGTH = 1;
/** Field numbers of libsignal's wire format (https://signal.org/docs/specifications/doubleratchet/ leaves them open). */
const INNER_MESSAGE = 4;
const RATCHET_KEY = 1;
const COUNTER = 2;

/**
 * Where a sealed message stands in its sender's ratchet: key and counter. Two messages with one position were encrypted
 * under one key.
 */
export const ratchetPosition = async (recipient: DurableState, sealed: SealedBytes): Promise<string> => {
  const unsealed = await unseal(new LocalParty(recipient.localIdentity()), UnitOfWork.begin(recipient), sealed);
  const message = unsealed.outcome === 'done' ? unsealed.value.message : undefined;
  if (message === undefined) throw new Error('The message is not for this recipient.');
  const whole = message.bytes.subarray(VERSION_LENGTH);
  const inner =
    message.kind === 'preKey' ? bytesIn(readFields(whole).get(INNER_MESSAGE)).subarray(VERSION_LENGTH) : whole;
  const fields = readFields(inner.subarray(0, inner.length - MAC_LENGTH));
  return `${Buffer.from(bytesIn(fields.get(RATCHET_KEY))).toString('hex')}/${String(fields.get(COUNTER) ?? 0)}`;
};
