import type { DeliveredEnvelope } from '@sotto/protocol/wire';
import type { EnvelopeId } from '@sotto/protocol/ids';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { Connection } from '../net/types.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { InboxRepository } from '../storage/inbox-repository.js';
import type { SetAsideReason } from './inbox-entry.js';

interface InboxParts {
  readonly database: ProfileDatabase;
  readonly entries: InboxRepository;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly log: CoreLog;
  /** New envelopes wait to be opened. */
  readonly onStored: () => void;
  readonly onSetAside: () => void;
}

const whyNotSealed = ({ kind, ciphertext }: DeliveredEnvelope): SetAsideReason | undefined => {
  if (kind === 'unknown') return 'unknownKind';
  return ciphertext.length === 0 ? 'unauthentic' : undefined;
};

/** Step 5 of a message's journey: what arrives is stored as it came, and only then acknowledged. */
export class Inbox {
  readonly #parts: InboxParts;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** Rejects, and acknowledges nothing, where the envelopes cannot be stored: the server keeps them and delivers them again. */
  async deliver(envelopes: readonly DeliveredEnvelope[]): Promise<void> {
    const { log, onStored, onSetAside } = this.#parts;
    const count = envelopes.length;
    log('journey.5.storing', { count });
    const hasSetAside = this.#store(envelopes);
    log('journey.5.stored', { count });
    void this.#acknowledge(envelopes.map(({ envelopeId }) => envelopeId));
    if (hasSetAside) onSetAside();
    onStored();
  }

  #store(envelopes: readonly DeliveredEnvelope[]): boolean {
    const { database, entries, clock, log } = this.#parts;
    return database.atomically(() => {
      for (const envelope of envelopes) {
        const reason = whyNotSealed(envelope);
        if (reason === undefined) entries.add(envelope);
        else entries.setAside(envelope, reason, clock.now());
      }
      log('journey.5.committing', { count: envelopes.length });
      return envelopes.some((envelope) => whyNotSealed(envelope) !== undefined);
    });
  }

  /** Where this fails the server delivers again, what is here already is recognised, and it is acknowledged again. */
  async #acknowledge(envelopeIds: readonly EnvelopeId[]): Promise<void> {
    const result = await this.#parts.connection.acknowledge(envelopeIds);
    if (result.outcome === 'acknowledged') this.#parts.log('journey.5.acknowledged', { count: envelopeIds.length });
  }
}
