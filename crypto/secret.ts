type Bytes = Uint8Array<ArrayBuffer>;

/** What `console.log` and `util.inspect` look up; spelled out so that this file needs no Node module. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Overwrites bytes that held a secret. */
export const wipe = (bytes: Uint8Array): void => {
  bytes.fill(0);
};

/**
 * Secret bytes with a role. Two secrets of different roles are different types, and nothing public is a secret.
 *
 * Printing, logging or serialising one shows its role only. What JavaScript cannot promise: the collector may have copied
 * the bytes before `purge`, libraries make copies of their own, and a string that held a password cannot be wiped at all.
 */
export class Secret<Role extends string> {
  readonly role: Role;
  #bytes: Bytes | undefined;

  /** Copies `bytes`: the caller wipes its own. Roles with a fixed length are made by the constructors in `keys.ts`. */
  constructor(role: Role, bytes: Uint8Array) {
    this.role = role;
    this.#bytes = new Uint8Array(bytes);
  }

  /** The bytes themselves, no copy: for a call that uses them at once, never to be kept. Throws after `purge`. */
  unwrap(): Bytes {
    if (this.#bytes === undefined) throw new Error(`The ${this.role} was used after it had been purged.`);
    return this.#bytes;
  }

  /** Overwrites the bytes. Every later `unwrap` throws, so that zeros are never taken for a key. */
  purge(): void {
    if (this.#bytes !== undefined) wipe(this.#bytes);
    this.#bytes = undefined;
  }

  toString(): string {
    return `[${this.role}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [INSPECT](): string {
    return this.toString();
  }
}
