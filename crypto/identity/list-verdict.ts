import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { AccountRoot } from './account-root.js';
import type { UntrustedCertificate } from './certificate.js';
import type { UntrustedRootChange } from './root-change.js';
import type { VerifiedHead } from './verified-head.js';

/** A list as it comes from outside, with the certificates that came along. */
export interface UntrustedList {
  readonly list: { readonly bytes: Uint8Array; readonly signature: Uint8Array };
  /** At least those that the head does not name. Those that nobody names are left aside. */
  readonly certificates: readonly UntrustedCertificate[];
  /** Where the list is the first under another root: why the account goes on there. */
  readonly rootChange?: UntrustedRootChange | undefined;
}

/** Whose list is expected. */
export interface ListOwner {
  readonly accountId: AccountId;
  readonly root: AccountRoot;
}

/** What the lists themselves do not say. */
export interface ListRules {
  /** The most devices that the account may have: the host's limit on the server, `MOST_LISTED_DEVICES` for a peer. */
  readonly mostDevices: number;
  /** When the server took the list: its own time now, for a peer the time of the receipt. */
  readonly acceptedAt: UnixMs;
}

export type ListRefusal =
  | 'malformed'
  | 'foreignAccount'
  | 'foreignRoot'
  | 'malformedRootChange'
  /** Back to a root that the account has left. */
  | 'formerRoot'
  /** The first list under a new root names a device that the account did not have, or one with another certificate. */
  | 'addsDevice'
  /** A recovery leaves one device. */
  | 'notAlone'
  /** A first list has number 0, no list before it and AIK's signature. */
  | 'notFirst'
  /** Registration makes epoch 0 with exactly one device. */
  | 'notGenesis'
  /** An epoch far ahead of the time would shut out every later one. */
  | 'epochAhead'
  /** An old list is offered again. */
  | 'rollback'
  /** Lists between the head and this one are missing. */
  | 'gap'
  /** Follows another list than the head. */
  | 'wrongPrevious'
  | 'epochFull'
  | 'removalsOnly'
  /** AIK signs first lists only. */
  | 'wrongSigner'
  | 'signerNotListed'
  | 'signerCannotLink'
  | 'badSignature'
  /** A device signing key may take its own device off the list and do nothing else. */
  | 'overreach'
  | 'tooManyDevices'
  /** No device that is left could link another. */
  | 'noLinkKey'
  | 'missingCertificate'
  | 'badCertificate'
  /** The certificate is of another account or device than the entry that names it. */
  | 'foreignCertificate';

export type ListVerdict =
  | { readonly outcome: 'valid'; readonly head: VerifiedHead }
  | { readonly outcome: 'refused'; readonly reason: ListRefusal };

/** The verdict of a refusal. */
export const refuseList = (reason: ListRefusal): { readonly outcome: 'refused'; readonly reason: ListRefusal } => ({
  outcome: 'refused',
  reason,
});
