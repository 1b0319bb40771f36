import {
  BATCH_MOST,
  SealedBytes,
  type DeviceMessenger,
  type OpenResult,
  type Received,
  type SenderTrust,
} from '@sotto/crypto';
import type { ReceivedContent } from '@sotto/protocol/content';
import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import type { ChangeFeed } from '../chats/change-feed.js';
import type { PeerDevices } from '../devices/types.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import type { ChatRepository } from '../storage/chat-repository.js';
import type { InboxRepository } from '../storage/inbox-repository.js';
import { StorageError } from '../storage/storage-error.js';
import type { ContentReceiver, OpenedContent } from './content-receiver.js';
import type { InboxEntry, SetAsideReason } from './inbox-entry.js';
import { IncomingGate, type ListState } from './incoming-gate.js';
import { ListWait } from './list-wait.js';
import { SessionRepair } from './session-repair.js';
import { TrustWait, type FreshTrust } from './trust-wait.js';

const STORAGE_RETRY_MS = 5_000;

interface InboxOpenerParts {
  readonly self: AccountId;
  readonly deviceId: DeviceId;
  readonly messenger: DeviceMessenger;
  readonly trust: FreshTrust & { readonly senderTrust: SenderTrust };
  readonly devices: PeerDevices;
  readonly entries: InboxRepository;
  readonly chats: ChatRepository;
  readonly receiver: ContentReceiver;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly log: CoreLog;
  /** Called after the commit. */
  readonly onOpened: () => void;
  readonly onSetAside: () => void;
}

type Lists = ReadonlyMap<AccountId, ListState>;
type OpenedEntry = Received<OpenableEntry, ReceivedContent>;

interface OpenableEntry {
  readonly entry: InboxEntry;
  readonly ciphertext: SealedBytes;
  readonly serverTime: InboxEntry['serverTime'];
}

type Unopened = Extract<OpenResult<ReceivedContent>, { readonly outcome: 'refused' | 'undecryptable' }>;

const setAsideReason = (result: Unopened): SetAsideReason => {
  if (result.outcome === 'undecryptable') return 'undecryptable';
  switch (result.reason) {
    case 'unsupported':
      return 'unknownKind';
    case 'content':
      return 'malformed';
    case 'wrongSender':
    case 'wrongRecipient':
      return 'misaddressed';
    case 'notListed':
      return 'unlistedDevice';
    case 'seal':
    case 'ownDevice':
    case 'malformed':
    case 'signature':
    case 'expired':
    case 'serverCertificate':
    case 'foreignIdentity':
      return 'unauthentic';
  }
};

/** Sealed under a key of the server that is not known here. */
const isOfUnknownServerKey = ({ result }: OpenedEntry): boolean =>
  result.outcome === 'refused' && result.reason === 'serverCertificate';

const openable = (entry: InboxEntry): OpenableEntry => ({
  entry,
  ciphertext: SealedBytes.of(entry.ciphertext),
  serverTime: entry.serverTime,
});

/**
 * Step 6 of a message's journey: whatever the opening of an envelope changes – ratchets, prekeys, marks, the message, its
 * chat, the receipts owed, the inbox – is one commit. Until then the envelope is in the inbox, and opening it anew does no
 * harm.
 */
export class InboxOpener {
  readonly #parts: InboxOpenerParts;
  readonly #wait: ListWait;
  readonly #trustWait: TrustWait;
  readonly #repair: SessionRepair;
  /** Everything up to this entry has been looked at since the start. */
  #cursor = 0;
  #isWanted = false;
  #isDraining = false;
  #drained: Promise<void> = Promise.resolve();
  #cancelRetry: (() => void) | undefined;
  #stopped = false;

  constructor(parts: InboxOpenerParts) {
    this.#parts = parts;
    this.#repair = new SessionRepair(parts.messenger, parts.clock);
    this.#wait = new ListWait({
      devices: parts.devices,
      clock: parts.clock,
      reopen: (ids, account, state) => this.#guarded(() => this.#reopen(ids, new Map([[account, state]]))),
    });
    this.#trustWait = new TrustWait({
      trust: parts.trust,
      clock: parts.clock,
      reopen: (ids) => this.#guarded(() => this.#reopen(ids, new Map())),
    });
  }

  /** Opens what waits in the inbox. Called at the start, too: a crash may have left something there. */
  open(): void {
    this.#isWanted = true;
    if (!this.#isDraining) this.#drained = this.#drainWhileWanted();
  }

  /** The connection is back. */
  wake(): void {
    this.#wait.wake();
    this.#trustWait.wake();
    this.open();
  }

  /** Resolves once nothing is being opened any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRetry?.();
    this.#wait.stop();
    this.#trustWait.stop();
    await this.#drained;
  }

  async #drainWhileWanted(): Promise<void> {
    this.#isDraining = true;
    while (this.#isWanted && !this.#stopped) {
      this.#isWanted = false;
      await this.#guarded(() => this.#drain());
    }
    this.#isDraining = false;
  }

  async #drain(): Promise<void> {
    for (;;) {
      const batch = this.#parts.entries.next(this.#cursor, BATCH_MOST);
      const last = batch.at(-1);
      if (last === undefined || this.#stopped) return;
      await this.#openBatch(batch, new Map());
      this.#cursor = last.id;
    }
  }

  async #reopen(entryIds: readonly number[], lists: Lists): Promise<void> {
    for (let at = 0; at < entryIds.length; at += BATCH_MOST) {
      await this.#openBatch(this.#parts.entries.those(entryIds.slice(at, at + BATCH_MOST)), lists);
    }
  }

  /** Storage that does not work stops everything for a while; the inbox keeps what it holds. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#parts;
    try {
      await work();
    } catch {
      log('failed', { code: 'inbox' });
      if (this.#stopped) return;
      this.#cancelRetry = clock.after(STORAGE_RETRY_MS, () => {
        this.#cursor = 0;
        this.open();
      });
    }
  }

  /** A fault of ours in one envelope must not keep the others shut: they are opened one by one, without it. */
  async #openBatch(batch: readonly InboxEntry[], lists: Lists): Promise<void> {
    try {
      await this.#openTogether(batch, lists);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      this.#parts.log('failed', { code: 'open', count: batch.length });
      if (batch.length > 1) for (const entry of batch) await this.#openBatch([entry], lists);
    }
  }

  async #openTogether(batch: readonly InboxEntry[], lists: Lists): Promise<void> {
    const { messenger, self, deviceId, devices, trust, log, onOpened, onSetAside } = this.#parts;
    const gate = new IncomingGate({ self, deviceId, devices, lists });
    const late: InboxEntry[] = [];
    const { senderTrust, isFresh } = trust;
    log('journey.6.opening', { count: batch.length });
    const opened = await messenger.receive(batch.map(openable), {
      trust: senderTrust,
      gate,
      commit: (results) => {
        late.push(...(isFresh ? [] : results.filter(isOfUnknownServerKey).map(({ envelope }) => envelope.entry)));
        this.#keep(results, { gate, late });
        log('journey.6.committing', { count: results.length });
      },
    });
    log('journey.6.opened', { count: opened.length });
    for (const { envelope, result } of opened) {
      if (result.outcome !== 'waiting') continue;
      this.#wait.add(result.account, envelope.entry.id, lists.get(result.account));
    }
    this.#trustWait.add(late.map(({ id }) => id));
    await this.#repair.repair(
      opened.map(({ result }) => result).filter((result) => result.outcome === 'undecryptable'),
    );
    if (gate.ownListIsBehind) void devices.refreshForClaim(self);
    if (opened.some(({ result }) => result.outcome === 'opened')) onOpened();
    const isSetAside = ({ envelope, result }: OpenedEntry): boolean =>
      result.outcome === 'undecryptable' || (result.outcome === 'refused' && !late.includes(envelope.entry));
    if (opened.some(isSetAside)) onSetAside();
  }

  #keep(
    results: readonly OpenedEntry[],
    { gate, late }: { readonly gate: IncomingGate; readonly late: readonly InboxEntry[] },
  ): void {
    const { chats, entries, receiver, feed } = this.#parts;
    const opened: OpenedContent[] = [];
    const done: InboxEntry[] = [];
    for (const { envelope, result } of results) {
      if (result.outcome === 'opened') opened.push({ content: result.content, serverTime: envelope.serverTime });
      if (!late.includes(envelope.entry) && this.#isDone(envelope.entry, result)) done.push(envelope.entry);
    }
    for (const chatId of receiver.receive(opened)) chats.summarise(chatId);
    entries.remove(done);
    for (const chatId of gate.alarmed) if (chatId !== this.#parts.self) feed.note(chatId);
  }

  /** Is there nothing left to do with this envelope? One that is not to be opened is put out of the way here. */
  #isDone(entry: InboxEntry, result: OpenResult<ReceivedContent>): boolean {
    const { entries, clock, log } = this.#parts;
    switch (result.outcome) {
      case 'opened':
      case 'duplicate':
        return true;
      case 'waiting':
        log('inbox.waiting');
        return false;
      case 'undecryptable':
      case 'refused': {
        const reason = setAsideReason(result);
        entries.setAside(entry, reason, clock.now());
        log('inbox.setAside', { code: reason });
        return false;
      }
    }
  }
}
