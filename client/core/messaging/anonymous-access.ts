import { deriveAccessKey, ProfileKey } from '@sotto/crypto';
import type { AccountId } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import type { ChatRepository } from '../storage/chat-repository.js';

/** The anonymous way to one person, while it is open. */
export interface Access {
  readonly accessKey: Bytes;
  /** The server refused the key: the way is closed until the person gives another profile key. */
  refused(): void;
}

/** Finds out whether this device may write to somebody without telling the server who writes. */
export class AnonymousAccess {
  readonly #chats: ChatRepository;

  constructor(chats: ChatRepository) {
    this.#chats = chats;
  }

  find(chatId: AccountId): Access | undefined {
    const chat = this.#chats.find(chatId);
    if (chat?.profileKey === undefined || chat.accessRefused) return undefined;
    const { profileKey } = chat;
    return {
      accessKey: deriveAccessKey(ProfileKey.of(profileKey)).unwrap(),
      refused: () => {
        this.#chats.refuseAccess(chatId, profileKey);
      },
    };
  }
}
