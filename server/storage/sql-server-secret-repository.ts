import type { UnixMs } from '@sotto/protocol/ids';
import { isUniqueViolation } from './database-error.js';
import { SERVER_SECRET, type ServerSecretRow } from './entities/server-secret.js';
import type { Gate } from './gate.js';
import type { ServerSecretRepository, ServerSecrets } from './server-secret-repository.js';
import type { Session } from './session.js';

const load = async ({ manager }: Session): Promise<ServerSecrets> => {
  const rows = await manager.find<ServerSecretRow>(SERVER_SECRET);
  return new Map(rows.map((row) => [row.name, row.secret]));
};

export class SqlServerSecretRepository implements ServerSecretRepository {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  load(): Promise<ServerSecrets> {
    return this.#gate.use(load);
  }

  async remove(name: string): Promise<void> {
    await this.#gate.transaction(async ({ manager }) => {
      await manager.delete<ServerSecretRow>(SERVER_SECRET, { name });
    });
  }

  async loadOrCreate(create: () => ServerSecrets, now: UnixMs): Promise<ServerSecrets> {
    const stored = await this.#gate.use(load);
    if (stored.size > 0) return stored;
    await this.#gate.transaction<'stored' | 'anotherWasFirst'>(async ({ manager }, abandon) => {
      // Sorted: of two processes one waits for the other at the first name, instead of each holding one that the other wants.
      const secrets = [...create()].toSorted(([a], [b]) => (a < b ? -1 : 1));
      const rows = secrets.map(([name, secret]) => ({ name, secret, createdAt: now }));
      try {
        await manager.insert<ServerSecretRow>(SERVER_SECRET, rows);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        // Another process was first: its secrets are the server's.
        return abandon('anotherWasFirst');
      }
      return 'stored';
    });
    return this.#gate.use(load);
  }
}
