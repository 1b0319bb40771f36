import type { ContentGate, DecodedContent, DeviceStanding, Plaintext } from '@sotto/crypto';
import { decodeContent, type Header, type ListHead, type ReceivedContent } from '@sotto/protocol/content';
import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import type { HeadVerdict, PeerDevices } from '../devices/types.js';

/**
 * What has just been done about an account's list. `fetched`: it is as new as the server gives it. `tooSoon`: a claim has
 * cost a fetch within the last minute.
 */
export type ListState = 'fetched' | 'tooSoon';

interface IncomingGateParts {
  readonly self: AccountId;
  readonly deviceId: DeviceId;
  readonly devices: PeerDevices;
  readonly lists: ReadonlyMap<AccountId, ListState>;
}

/** Decides whether a decrypted plaintext is believed, before anything of it is kept (SPEC §5.4). */
export class IncomingGate implements ContentGate<ReceivedContent> {
  /** Accounts whose device list turned out to contradict itself. */
  readonly alarmed = new Set<AccountId>();
  /** A peer has seen a newer list of this account than this device has. */
  ownListIsBehind = false;
  readonly #parts: IncomingGateParts;
  /** What was found out for one envelope of a batch holds for the next. */
  readonly #active = new Map<AccountId, ReadonlySet<DeviceId>>();
  readonly #verdicts = new Map<string, HeadVerdict>();

  constructor(parts: IncomingGateParts) {
    this.#parts = parts;
  }

  decode(plaintext: Plaintext): DecodedContent<ReceivedContent> | undefined {
    const content = decodeContent(plaintext);
    if (typeof content === 'string' || !this.#isForThisRoad(content)) return undefined;
    return { binding: content.header, content };
  }

  standing({ content: { header } }: DecodedContent<ReceivedContent>): DeviceStanding {
    const { lists, deviceId } = this.#parts;
    if (header.senderDevice === deviceId) return 'notListed';
    if (this.#activeOf(header.senderAccount).has(header.senderDevice)) return this.#listedStanding(header);
    return lists.get(header.senderAccount) === 'fetched' ? 'notListed' : 'unknown';
  }

  /** Own devices say to each other what nobody else may say, and nothing else. */
  #isForThisRoad({ header, body }: ReceivedContent): boolean {
    const isOwn = header.senderAccount === this.#parts.self;
    switch (body.kind) {
      case 'sync':
      case 'unknownSync':
        return isOwn;
      case 'text':
      case 'receipt':
        return !isOwn;
      case 'hello':
      case 'unknown':
        return true;
    }
  }

  /** Only a listed device is heard about list heads: anyone else could raise alarms at will. */
  #listedStanding({ senderAccount, senderListHead, recipientListHead }: Header): DeviceStanding {
    const { self, lists } = this.#parts;
    const verdict = this.#observe(senderAccount, senderListHead);
    // A list that revokes this very device may be what is claimed, so it is looked at first; but a claim that proves
    // nothing holds nobody's messages up.
    if (verdict === 'fetchNeeded') return lists.has(senderAccount) ? 'active' : 'unknown';
    const own = this.#observe(self, recipientListHead);
    if (verdict === 'alarm') this.alarmed.add(senderAccount);
    if (own === 'fetchNeeded') this.ownListIsBehind = true;
    return 'active';
  }

  #activeOf(account: AccountId): ReadonlySet<DeviceId> {
    const known = this.#active.get(account);
    if (known !== undefined) return known;
    const active = new Set(this.#parts.devices.find(account)?.active);
    this.#active.set(account, active);
    return active;
  }

  #observe(account: AccountId, head: ListHead): HeadVerdict {
    const key = [account, head.epoch, head.number, head.hash.join()].join();
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = this.#parts.devices.observeHead(account, head);
    this.#verdicts.set(key, verdict);
    return verdict;
  }
}
