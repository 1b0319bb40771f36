import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from './bytes.js';

/** The server's own key material, by name. */
export type ServerSecrets = ReadonlyMap<string, Bytes>;

export interface ServerSecretRepository {
  /**
   * The stored secrets. On an empty database those that `create` makes, stored in one transaction: of two processes that
   * start at once one creates and both get the same. All or none, because secrets sign each other.
   */
  loadOrCreate(create: () => ServerSecrets, now: UnixMs): Promise<ServerSecrets>;
  /** Empty before the first start. */
  load(): Promise<ServerSecrets>;
  /** Forgets one for good. */
  remove(name: string): Promise<void>;
}
