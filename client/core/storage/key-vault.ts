import type { Bytes } from '@sotto/protocol/wire';

/** What the system keeps secrets in: a keychain. Handed in where there is one. */
export interface KeyVault {
  seal(secret: Bytes): Promise<Bytes>;
  /** `undefined` where the system does not open it: another user, another machine, a keychain that was reset. */
  open(sealed: Bytes): Promise<Bytes | undefined>;
}
