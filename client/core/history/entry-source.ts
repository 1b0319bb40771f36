import type { ArchiveEntry } from '@sotto/protocol/content';
import type { ArchiveSnapshot, EntryKinds, EntryOf, PlacedEntry, WrittenEntry, EntryOrigin } from './entry-kind.js';

/** A chat stands before its messages, and how the account stands to a person behind the chat with them. */
const ORDER = ['setting', 'chat', 'contact', 'pin', 'message'] as const satisfies readonly ArchiveEntry['kind'][];

const SEPARATOR = '|';

interface Place {
  readonly kind: number;
  readonly after: string | undefined;
}

const parsePlace = (text: string | undefined): Place => {
  if (text === undefined) return { kind: 0, after: undefined };
  const end = text.indexOf(SEPARATOR);
  const kind = ORDER.findIndex((name) => name === text.slice(0, end));
  if (kind === -1) throw new Error('a stored place in an archive is damaged');
  return { kind, after: text.slice(end + 1) };
};

/** Everything that an archive holds, in its order. */
export class EntrySource {
  readonly #kinds: EntryKinds;

  constructor(kinds: EntryKinds) {
    this.#kinds = kinds;
  }

  count(snapshot: ArchiveSnapshot): number {
    return ORDER.reduce((sum, name) => sum + this.#kinds[name].count(snapshot), 0);
  }

  countMessages(snapshot: ArchiveSnapshot): number {
    return this.#kinds.message.count(snapshot);
  }

  /** Up to `limit` entries after a place; none at the end. */
  next(snapshot: ArchiveSnapshot, after: string | undefined, limit: number): readonly PlacedEntry[] {
    let place = parsePlace(after);
    for (;;) {
      const name = ORDER[place.kind];
      if (name === undefined) return [];
      const entries = this.#kinds[name].read(snapshot, place.after, limit);
      if (entries.length > 0) {
        return entries.map(({ entry, place: within }) => ({ entry, place: `${name}${SEPARATOR}${within}` }));
      }
      place = { kind: place.kind + 1, after: undefined };
    }
  }

  /** Part of a transaction. */
  write<Name extends ArchiveEntry['kind']>(entry: EntryOf<Name>, origin: EntryOrigin): WrittenEntry {
    // The kind of an entry names its handler; the compiler cannot follow that from a name chosen at run time.
    return this.#kinds[entry.kind].write(entry, origin);
  }
}
