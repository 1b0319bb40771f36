import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { EnvelopeKind } from '../gen/wire/wire_pb.js';
import { idBytes } from '../ids.js';
import type { Bytes, DeliveredEnvelope } from './envelope.js';

// Field numbers of `wire.proto`.
const FRAME = { requestId: 1, deliver: 6 };
const DELIVER = { envelopes: 1 };
const ENVELOPE = { id: 1, ciphertext: 2, serverTimeMs: 3, kind: 4 };

/** All of an envelope but its ciphertext, which stands last. */
const headOf = ({ envelopeId, kind, serverTime, ciphertext }: DeliveredEnvelope<Uint8Array>): Uint8Array =>
  new BinaryWriter()
    .tag(ENVELOPE.id, WireType.LengthDelimited)
    .bytes(idBytes(envelopeId))
    .tag(ENVELOPE.serverTimeMs, WireType.Varint)
    .uint64(serverTime)
    .tag(ENVELOPE.kind, WireType.Varint)
    .int32(kind === 'sealed' ? EnvelopeKind.SEALED : EnvelopeKind.UNSPECIFIED)
    .tag(ENVELOPE.ciphertext, WireType.LengthDelimited)
    .uint32(ciphertext.length)
    .finish();

/** Where a frame gets its memory from: Node has a pool, which costs a fraction of an array of its own. */
export type Allocate = (length: number) => Bytes;

/**
 * The frame that hands mail over (SPEC §6.2), like the schema encodes it but for the order of an envelope's fields. It is most of what a
 * server writes: the ciphertext is copied once, into its place, and not once for each message that it is nested in.
 */
export const encodeDeliver = (
  requestId: number,
  envelopes: readonly DeliveredEnvelope<Uint8Array>[],
  allocate: Allocate,
): Bytes => {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const envelope of envelopes) {
    const head = headOf(envelope);
    const { ciphertext } = envelope;
    const opening = new BinaryWriter()
      .tag(DELIVER.envelopes, WireType.LengthDelimited)
      .uint32(head.length + ciphertext.length)
      .finish();
    pieces.push(opening, head, ciphertext);
    length += opening.length + head.length + ciphertext.length;
  }
  const frame = new BinaryWriter();
  if (requestId !== 0) frame.tag(FRAME.requestId, WireType.Varint).uint32(requestId);
  const opening = frame.tag(FRAME.deliver, WireType.LengthDelimited).uint32(length).finish();
  const bytes = allocate(opening.length + length);
  let at = 0;
  for (const piece of [opening, ...pieces]) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
};
