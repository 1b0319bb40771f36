/** SPEC §1.1 and §1.2: byte strings, written and read field by field. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** What the other end or a code said breaks the protocol. */
export class Refused extends Error {
  override name = 'Refused';
}

/** Refuses unless the condition holds. */
export const demand: (condition: boolean, otherwise: string) => asserts condition = (condition, otherwise) => {
  if (!condition) throw new Refused(otherwise);
};

export const ascii = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'latin1'));
export const fromHex = (hex: string): Bytes => new Uint8Array(Buffer.from(hex, 'hex'));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const concat = (...parts: readonly Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts));
export const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

const unsigned = (value: number | bigint, length: number): Bytes => {
  const hex = value.toString(16).padStart(length * 2, '0');
  demand(hex.length === length * 2, 'a number that does not fit');
  return fromHex(hex);
};
export const u8 = (value: number): Bytes => unsigned(value, 1);
export const u16 = (value: number): Bytes => unsigned(value, 2);
export const u32 = (value: number): Bytes => unsigned(value, 4);
export const u64 = (value: number | bigint): Bytes => unsigned(value, 8);

/** Reads fields in order; a field that is cut, and bytes left over, are refused. */
export class Reader {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = new Uint8Array(bytes);
  }

  take(length: number): Bytes {
    demand(this.#at + length <= this.#bytes.length, 'cut');
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  rest(): Bytes {
    return this.take(this.#bytes.length - this.#at);
  }

  u8(): number {
    return Number(this.#unsigned(1));
  }

  u16(): number {
    return Number(this.#unsigned(2));
  }

  u32(): number {
    return Number(this.#unsigned(4));
  }

  u64(): bigint {
    return this.#unsigned(8);
  }

  label(label: string): void {
    demand(same(this.take(label.length), ascii(label)), `not ${label}`);
  }

  end(): void {
    demand(this.#at === this.#bytes.length, 'bytes left over');
  }

  #unsigned(length: number): bigint {
    return BigInt(`0x${toHex(this.take(length))}`);
  }
}
