/**
 * The least that a relay can speak: fixed offsets, no schema, no authentication. Client to relay: a hello names the
 * connection; a message is recipient, id, payload; an acknowledgement is an id. Relay to client: the same the other way round.
 */
export const BASELINE = { hello: 1, message: 2, accepted: 3, deliver: 4, acknowledge: 5 } as const;

const NAME_LENGTH = 16;
export const ID_OFFSET = 1 + NAME_LENGTH;
export const PAYLOAD_OFFSET = ID_OFFSET + 16;

/** Connection `index` as 16 bytes. */
export const nameOf = (index: number): Buffer => {
  const name = Buffer.alloc(NAME_LENGTH);
  name.writeUInt32BE(index, NAME_LENGTH - 4);
  return name;
};

/** One kind byte, then the parts. */
export const frameOf = (kind: number, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.of(kind), ...parts]);
