import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import type { Plaintext } from '../keys.js';

/** Who a content says that it is from and for. */
export interface ContentBinding {
  readonly senderAccount: AccountId;
  readonly senderDevice: DeviceId;
  readonly recipientAccount: AccountId;
  readonly recipientDevice: DeviceId;
}

/** A plaintext that is content, in the caller's form. */
export interface DecodedContent<Content> {
  readonly binding: ContentBinding;
  readonly content: Content;
}

/**
 * How the sending device stands in its account's verified list. `unknown`: the list has to be fetched first, which cannot
 * happen here.
 */
export type DeviceStanding = 'active' | 'notListed' | 'unknown';

/**
 * What only the caller can tell of a plaintext. Both are asked after decryption and before anything of it is kept, inside
 * the lane: they are synchronous, do not go to the network, and write nothing.
 */
export interface ContentGate<Content> {
  /** `undefined` where the plaintext is no content. Never throws because of what a peer wrote. */
  decode(plaintext: Plaintext): DecodedContent<Content> | undefined;
  /** Asked only once the binding is right. */
  standing(decoded: DecodedContent<Content>): DeviceStanding;
}

/** The device that a content has reached. */
export interface Recipient {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
}

export type GateVerdict<Content> =
  | { readonly outcome: 'accepted'; readonly content: Content }
  | { readonly outcome: 'unknownSender'; readonly account: AccountId }
  | {
      readonly outcome: 'refused';
      /** `wrongSender`, `wrongRecipient`: the content names another device than the one that sent or got it. */
      readonly reason: 'content' | 'wrongSender' | 'wrongRecipient' | 'notListed';
    };

/**
 * Binds a plaintext to the device that sent it and to this one (SPEC §5.4). Without it a recipient could pass a content on
 * to somebody else as if it had been written to them, and a device could speak for an account that does not list it.
 */
export const judgeContent = <Content>(
  plaintext: Plaintext,
  { gate, sender, recipient }: { gate: ContentGate<Content>; sender: DeviceId; recipient: Recipient },
): GateVerdict<Content> => {
  const decoded = gate.decode(plaintext);
  if (decoded === undefined) return { outcome: 'refused', reason: 'content' };
  const { binding, content } = decoded;
  if (binding.senderDevice !== sender) return { outcome: 'refused', reason: 'wrongSender' };
  if (binding.recipientDevice !== recipient.deviceId || binding.recipientAccount !== recipient.accountId) {
    return { outcome: 'refused', reason: 'wrongRecipient' };
  }
  switch (gate.standing(decoded)) {
    case 'active':
      return { outcome: 'accepted', content };
    case 'unknown':
      return { outcome: 'unknownSender', account: binding.senderAccount };
    case 'notListed':
      return { outcome: 'refused', reason: 'notListed' };
  }
};
