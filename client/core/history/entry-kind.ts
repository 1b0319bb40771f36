import type { ArchiveEntry } from '@sotto/protocol/content';
import type { AccountId } from '@sotto/protocol/ids';

/** One kind of archive entry by its name. */
export type EntryOf<Name extends ArchiveEntry['kind']> = ArchiveEntry & { readonly kind: Name };

/**
 * Where entries come from. `link`: from a device that is at work and sends what waits there. `backup`: from a file that may be
 * old, so nobody knows what became of a message that was waiting.
 */
export type EntryOrigin = 'link' | 'backup';

/** What an archive is written from: messages that came later are not part of it. */
export interface ArchiveSnapshot {
  /** The highest row of a message. */
  readonly newestMessage: number;
}

export interface PlacedEntry<Name extends ArchiveEntry['kind'] = ArchiveEntry['kind']> {
  readonly entry: EntryOf<Name>;
  /** Reading goes on after it from here, also in another process. */
  readonly place: string;
}

export interface WrittenEntry {
  /** `noted`: compared with what is here; nobody counts such entries. */
  readonly outcome: 'added' | 'known' | 'noted' | 'unusable';
  /** The chat whose messages have changed. */
  readonly chatId?: AccountId;
}

/** How entries of one kind are read out of the database and written into it. All calls are synchronous. */
export interface EntryKind<Name extends ArchiveEntry['kind']> {
  count(snapshot: ArchiveSnapshot): number;
  /** In the order of the archive, which is newest first where that means anything. */
  read(snapshot: ArchiveSnapshot, after: string | undefined, limit: number): readonly PlacedEntry<Name>[];
  /** Part of a transaction. Writing again changes nothing, and nothing newer that is here already is changed. */
  write(entry: EntryOf<Name>, origin: EntryOrigin): WrittenEntry;
}

/** The registry of archive kinds: a feature that adds a kind adds how it is read and written here, or nothing compiles. */
export type EntryKinds = { readonly [Name in ArchiveEntry['kind']]: EntryKind<Name> };
