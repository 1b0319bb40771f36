import { constantTimeEqual } from '@sotto/crypto';
import type { ContactPin } from '@sotto/protocol/content';
import { parseAccountId, parseUnixMs, type UnixMs } from '@sotto/protocol/ids';
import type { DevicePin, DevicePinStore, PeerDevices } from '../devices/types.js';
import type { AccountStateRepository } from '../storage/account-state-repository.js';
import type { ArchiveRepository } from '../storage/archive-repository.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import { contactStateOf } from '../sync/chat-sync.js';
import type { SyncHandlers } from '../sync/sync-handlers.js';
import type { ArchiveSnapshot, EntryKind, EntryOf, PlacedEntry, WrittenEntry } from './entry-kind.js';

const instant = (value: number): UnixMs => {
  const parsed = parseUnixMs(value);
  if (parsed === undefined) throw new Error('no time');
  return parsed;
};
/** When something arrives that is as old as the account, for the handlers that ask. */
const NEVER = instant(0);
/** A standing from before times were kept is older than any that has one, and newer than none. */
const BEFORE_TIMES = instant(1);

const NOTED: WrittenEntry = { outcome: 'noted' };

interface ContactEntriesParts {
  readonly archive: ArchiveRepository;
  readonly chats: ChatRepository;
  readonly handlers: Pick<SyncHandlers, 'contact'>;
}

/** How the account stands to people. What own devices have said since is newer, and stands. */
export class ContactEntries implements EntryKind<'contact'> {
  readonly #parts: ContactEntriesParts;

  constructor(parts: ContactEntriesParts) {
    this.#parts = parts;
  }

  count(): number {
    return this.#parts.archive.countChats();
  }

  read(_: ArchiveSnapshot, after: string | undefined, limit: number): readonly PlacedEntry<'contact'>[] {
    const { archive, chats } = this.#parts;
    return archive.chats(parseAccountId(after), limit).flatMap(({ chatId }) => {
      const chat = chats.find(chatId);
      if (chat === undefined) return [];
      const state = contactStateOf(chat);
      const setAt = state.setAt === NEVER ? BEFORE_TIMES : state.setAt;
      return [{ entry: { kind: 'contact', ...state, setAt }, place: chatId }];
    });
  }

  write(entry: EntryOf<'contact'>): WrittenEntry {
    this.#parts.handlers.contact(entry, NEVER);
    return NOTED;
  }
}

interface SettingEntriesParts {
  readonly state: AccountStateRepository;
  readonly handlers: Pick<SyncHandlers, 'setting'>;
}

/** Settings that go for all devices of the account: few, so all are read at once. */
export class SettingEntries implements EntryKind<'setting'> {
  readonly #parts: SettingEntriesParts;

  constructor(parts: SettingEntriesParts) {
    this.#parts = parts;
  }

  count(): number {
    return this.#parts.state.settings().length;
  }

  read(_: ArchiveSnapshot, after: string | undefined): readonly PlacedEntry<'setting'>[] {
    const settings = this.#parts.state.settings().filter(({ name }) => after === undefined || name > after);
    return settings.map((setting) => ({ entry: { kind: 'setting', ...setting }, place: setting.name }));
  }

  write(entry: EntryOf<'setting'>): WrittenEntry {
    this.#parts.handlers.setting(entry, NEVER);
    return NOTED;
  }
}

interface PinEntriesParts {
  readonly archive: ArchiveRepository;
  readonly pins: DevicePinStore;
  readonly devices: Pick<PeerDevices, 'observeHead'>;
}

const entryOf = (pin: DevicePin): ContactPin => ({
  accountId: pin.accountId,
  accountIdentityKey: pin.accountIdentityKey,
  epoch: pin.head.epoch,
  number: pin.head.number,
  hash: pin.head.hash,
  verified: false,
  setAt: pin.pinnedAt,
});

/** Whom the account has met under which keys: a server that shows its devices different people is found out by comparing. */
export class PinEntries implements EntryKind<'pin'> {
  readonly #parts: PinEntriesParts;

  constructor(parts: PinEntriesParts) {
    this.#parts = parts;
  }

  count(): number {
    return this.#parts.archive.countPins();
  }

  read(_: ArchiveSnapshot, after: string | undefined, limit: number): readonly PlacedEntry<'pin'>[] {
    const { archive, pins } = this.#parts;
    let place = after;
    for (;;) {
      const chats = archive.chats(parseAccountId(place), limit);
      const entries = chats.flatMap(({ chatId }): PlacedEntry<'pin'>[] => {
        const pin = pins.find(chatId);
        return pin === undefined ? [] : [{ entry: { kind: 'pin', ...entryOf(pin) }, place: chatId }];
      });
      place = chats.at(-1)?.chatId;
      // No entry at all would look like the end, where only this page has none.
      if (entries.length > 0 || place === undefined) return entries;
    }
  }

  write({ accountId, accountIdentityKey, epoch, number, hash }: EntryOf<'pin'>): WrittenEntry {
    const { pins, devices } = this.#parts;
    const pin = pins.find(accountId);
    if (pin === undefined) return { outcome: 'unusable' };
    if (constantTimeEqual(pin.accountIdentityKey, accountIdentityKey)) {
      devices.observeHead(accountId, { epoch, number, hash });
    } else if (pin.head.epoch === epoch) {
      // One epoch has one root: one of the two devices was shown somebody else.
      pins.setAlarm(accountId, true);
    }
    return NOTED;
  }
}
