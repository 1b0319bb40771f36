import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import type { Standing } from '../chats/chat.js';
import type { PeerDevices, VerifiedDevices } from '../devices/types.js';
import type { ChatRepository } from '../storage/chat-repository.js';

/** Whom a line of the outbox goes to: the other person of a chat, or the other devices of the own account. */
export interface Recipient {
  readonly accountId: AccountId;
  readonly standing: Standing;
  /** Their device list contradicts itself: sending waits. */
  readonly alarm: boolean;
}

/** The devices that a content goes to: of the own account all but this one. */
export const otherDevices = ({ active }: Pick<VerifiedDevices, 'active'>, self: DeviceId): readonly DeviceId[] =>
  active.filter((deviceId) => deviceId !== self);

interface RecipientsParts {
  readonly self: AccountId;
  readonly chats: ChatRepository;
  readonly devices: PeerDevices;
}

/** Everybody to whom this device has something to say. */
export class Recipients {
  readonly #parts: RecipientsParts;

  constructor(parts: RecipientsParts) {
    this.#parts = parts;
  }

  find(accountId: AccountId): Recipient | undefined {
    const { self, chats, devices } = this.#parts;
    if (accountId === self) {
      return { accountId, standing: 'accepted', alarm: devices.find(self)?.alarm ?? false };
    }
    const chat = chats.find(accountId);
    // Who is blocked is told no more than a stranger: least of all the profile key that replaces theirs.
    return chat && { accountId, standing: chat.blocked ? 'request' : chat.standing, alarm: chat.alarm };
  }
}
