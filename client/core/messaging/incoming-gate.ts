import type { ContentGate, DecodedContent, DeviceStanding, Plaintext } from '@sotto/crypto';
import { decodeContent, type Header, type ReceivedContent } from '@sotto/protocol/content';
import type { AccountId } from '@sotto/protocol/ids';
import type { PeerDevices } from '../devices/types.js';
import type { MessageRepository } from '../storage/message-repository.js';

/**
 * What has just been done about an account's list. `fetched`: it is as new as the server gives it. `tooSoon`: a claim has
 * cost a fetch within the last minute.
 */
export type ListState = 'fetched' | 'tooSoon';

interface IncomingGateParts {
  readonly self: AccountId;
  readonly devices: PeerDevices;
  readonly messages: MessageRepository;
  readonly lists: ReadonlyMap<AccountId, ListState>;
}

/** Decides whether a decrypted plaintext is believed, before anything of it is kept (SPEC §5.4). */
export class IncomingGate implements ContentGate<ReceivedContent> {
  /** Accounts whose device list turned out to contradict itself. */
  readonly alarmed = new Set<AccountId>();
  readonly #parts: IncomingGateParts;

  constructor(parts: IncomingGateParts) {
    this.#parts = parts;
  }

  decode(plaintext: Plaintext): DecodedContent<ReceivedContent> | undefined {
    const content = decodeContent(plaintext);
    if (typeof content === 'string') return undefined;
    const { header } = content;
    // Two messages of one id in one chat: the peer could make the interface mix up its own message with theirs.
    if (this.#parts.messages.find(header.messageId, this.#parts.self) !== undefined) return undefined;
    return { binding: header, content };
  }

  standing({ content: { header } }: DecodedContent<ReceivedContent>): DeviceStanding {
    const { self, devices, lists } = this.#parts;
    // Contents between own devices are not made yet, so nobody honest sends one.
    if (header.senderAccount === self) return 'notListed';
    const listed = devices.find(header.senderAccount);
    if (listed?.active.includes(header.senderDevice) === true) return this.#listedStanding(header);
    return lists.get(header.senderAccount) === 'fetched' ? 'notListed' : 'unknown';
  }

  /** Only a listed device is heard about list heads: anyone else could raise alarms at will. */
  #listedStanding({ senderAccount, senderListHead, recipientListHead }: Header): DeviceStanding {
    const { self, devices, lists } = this.#parts;
    const verdict = devices.observeHead(senderAccount, senderListHead);
    // A list that revokes this very device may be what is claimed, so it is looked at first; but a claim that proves
    // nothing holds nobody's messages up.
    if (verdict === 'fetchNeeded') return lists.has(senderAccount) ? 'active' : 'unknown';
    const own = devices.observeHead(self, recipientListHead);
    if (verdict === 'alarm') this.alarmed.add(senderAccount);
    if (own === 'fetchNeeded') this.ownListIsBehind = true;
    return 'active';
  }

  /** A peer has seen a newer list of this account than this device has. */
  ownListIsBehind = false;
}
