import {
  databaseKeyWrapping,
  derivePassphraseKey,
  KeyEncryptionKey,
  newStretchParameters,
  StretchSalt,
  WrappedKey,
  type DatabaseKey,
  type PassphraseKey,
  type Password,
  type RandomSource,
} from '@sotto/crypto';
import { z } from 'zod';
import { readFileIfThere, replaceFile } from './durable-file.js';
import type { KeyVault } from './key-vault.js';
import { StorageError } from './storage-error.js';

const Base64Url = z.base64url().max(4_096);

/** How the key is had under which the database key is wrapped. */
const Protection = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('passphrase'),
    salt: Base64Url,
    cost: z.strictObject({ memoryKiB: z.number(), iterations: z.number(), parallelism: z.number() }),
  }),
  /** Kept by the system's keychain; only its sealed form stands here. */
  z.strictObject({ kind: z.literal('vault'), sealed: Base64Url }),
  /** Kept here, in the open: who can read this file can read the database. */
  z.strictObject({ kind: z.literal('keyFile'), key: Base64Url }),
]);
type Protection = z.infer<typeof Protection>;

const KeyFileContent = z.strictObject({
  version: z.literal(1),
  protection: Protection,
  wrapped: Base64Url,
  /** The key that the database had before, while it is being encrypted anew. */
  previous: Base64Url.optional(),
});

type LocalWrappingKey = PassphraseKey | KeyEncryptionKey;

/** The database's keys: the one that it has or is to have, and the one that it may still have after a crash. */
export interface DatabaseKeys {
  readonly key: DatabaseKey;
  readonly previous: DatabaseKey | undefined;
}

export type KeyFileVerdict =
  | ({ readonly outcome: 'opened' } & DatabaseKeys)
  | { readonly outcome: 'passphraseNeeded' }
  | { readonly outcome: 'wrongPassphrase' };

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const decode = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64url'));

const damaged = (cause?: unknown): StorageError =>
  new StorageError('unreadable', 'the key file of this profile is damaged', { cause });

const parseContent = (text: string): z.infer<typeof KeyFileContent> => {
  try {
    return KeyFileContent.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(error);
  }
};

/** The file beside the database that holds its key, wrapped (docs/ARCHITECTURE.md, "Local database"). */
export class KeyFile {
  readonly #path: string;
  readonly #random: RandomSource;
  readonly #vault: KeyVault | undefined;

  constructor(path: string, parts: { readonly random: RandomSource; readonly vault: KeyVault | undefined }) {
    this.#path = path;
    this.#random = parts.random;
    this.#vault = parts.vault;
  }

  /** `undefined` where the profile is new. */
  get protection(): Protection['kind'] | undefined {
    return this.#read()?.protection.kind;
  }

  /** Gives the keys that stand in the file. `passphrase` is looked at only where the file asks for one. */
  async open(passphrase: Password | undefined): Promise<KeyFileVerdict> {
    const content = this.#read();
    if (content === undefined) throw damaged();
    const wrappingKey = await this.#wrappingKey(content.protection, passphrase);
    if (wrappingKey === undefined) return { outcome: 'passphraseNeeded' };
    const key = this.#unwrap(content.wrapped, wrappingKey);
    if (key === undefined) {
      if (content.protection.kind === 'passphrase') return { outcome: 'wrongPassphrase' };
      throw damaged();
    }
    const previous = content.previous === undefined ? undefined : this.#unwrap(content.previous, wrappingKey);
    return { outcome: 'opened', key, previous };
  }

  /** Writes the keys under the system's keychain, or into the file itself where there is none. */
  async protect(keys: DatabaseKeys): Promise<void> {
    const wrappingKey = KeyEncryptionKey.generate(this.#random);
    const protection: Protection =
      this.#vault === undefined
        ? { kind: 'keyFile', key: encode(wrappingKey.unwrap()) }
        : { kind: 'vault', sealed: encode(await this.#vault.seal(wrappingKey.unwrap())) };
    this.#write(protection, wrappingKey, keys);
  }

  /** Writes the keys under a passphrase. */
  async protectByPassphrase(passphrase: Password, keys: DatabaseKeys): Promise<void> {
    const parameters = newStretchParameters(this.#random);
    const wrappingKey = await derivePassphraseKey(passphrase, parameters);
    this.#write({ kind: 'passphrase', salt: encode(parameters.salt), cost: parameters.cost }, wrappingKey, keys);
  }

  /** Leaves the previous key out, once the database no longer has it. */
  forgetPrevious(): void {
    const content = this.#read();
    if (content?.previous === undefined) return;
    const { previous: _, ...rest } = content;
    replaceFile(this.#path, JSON.stringify(rest));
  }

  #read(): z.infer<typeof KeyFileContent> | undefined {
    const text = readFileIfThere(this.#path);
    return text === undefined ? undefined : parseContent(text);
  }

  #write(protection: Protection, wrappingKey: LocalWrappingKey, { key, previous }: DatabaseKeys): void {
    const wrap = (one: DatabaseKey) =>
      encode(databaseKeyWrapping.wrap(one, wrappingKey, { owner: undefined, random: this.#random }));
    const content: z.infer<typeof KeyFileContent> = {
      version: 1,
      protection,
      wrapped: wrap(key),
      ...(previous === undefined ? {} : { previous: wrap(previous) }),
    };
    replaceFile(this.#path, JSON.stringify(content));
  }

  async #wrappingKey(protection: Protection, passphrase: Password | undefined): Promise<LocalWrappingKey | undefined> {
    switch (protection.kind) {
      case 'passphrase': {
        const salt = StretchSalt.parse(decode(protection.salt));
        if (salt === undefined) throw damaged();
        return passphrase && derivePassphraseKey(passphrase, { salt, cost: protection.cost });
      }
      case 'vault':
        return this.#openVault(decode(protection.sealed));
      case 'keyFile': {
        const key = KeyEncryptionKey.parse(decode(protection.key));
        if (key === undefined) throw damaged();
        return key;
      }
    }
  }

  async #openVault(sealed: Uint8Array<ArrayBuffer>): Promise<KeyEncryptionKey> {
    const opened = await this.#vault?.open(sealed);
    const key = opened && KeyEncryptionKey.parse(opened);
    if (key === undefined) throw new StorageError('unreadable', 'the system keychain does not open this profile');
    return key;
  }

  #unwrap(wrapped: string, wrappingKey: LocalWrappingKey): DatabaseKey | undefined {
    const bytes = WrappedKey.parse(decode(wrapped));
    if (bytes === undefined) throw damaged();
    const verdict = databaseKeyWrapping.unwrap(bytes, wrappingKey, undefined);
    return verdict.outcome === 'unwrapped' ? verdict.key : undefined;
  }
}
