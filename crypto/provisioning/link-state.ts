import { readFields, type CanonicalReader } from '../bytes.js';
import type { LinkState } from '../keys.js';
import { AwaitedGrant, ReceivedGrant } from './grant-receipt.js';
import { LinkClaim } from './link-claim.js';
import { GrantedLink, MatchedLink } from './link-grant.js';
import { ClaimedOffer, LinkOffer, ProvenOffer } from './link-offer.js';
import { AnsweredRequest, LinkRequest } from './link-request.js';
import { AnsweredScan, LinkScan } from './link-scan.js';
import { readStateKind, STATE_KINDS } from './state-record.js';

/** Where the authorised device's side of a link stands. */
export type AuthorisedLinkState =
  LinkOffer | ClaimedOffer | ProvenOffer | LinkScan | AnsweredScan | MatchedLink | GrantedLink;

/** Where the new device's side of a link stands. */
export type NewDeviceLinkState = LinkClaim | LinkRequest | AnsweredRequest | AwaitedGrant | ReceivedGrant;

const readState = (reader: CanonicalReader): AuthorisedLinkState | NewDeviceLinkState => {
  switch (readStateKind(reader)) {
    case STATE_KINDS.offer:
      return LinkOffer.read(reader);
    case STATE_KINDS.claimedOffer:
      return ClaimedOffer.read(reader);
    case STATE_KINDS.provenOffer:
      return ProvenOffer.read(reader);
    case STATE_KINDS.matchedLink:
      return MatchedLink.read(reader);
    case STATE_KINDS.grantedLink:
      return GrantedLink.read(reader);
    case STATE_KINDS.scan:
      return LinkScan.read(reader);
    case STATE_KINDS.answeredScan:
      return AnsweredScan.read(reader);
    case STATE_KINDS.claim:
      return LinkClaim.read(reader);
    case STATE_KINDS.request:
      return LinkRequest.read(reader);
    case STATE_KINDS.answeredRequest:
      return AnsweredRequest.read(reader);
    case STATE_KINDS.awaitedGrant:
      return AwaitedGrant.read(reader);
    case STATE_KINDS.receivedGrant:
      return ReceivedGrant.read(reader);
    default:
      return reader.refuse();
  }
};

/**
 * Takes up a link where its record left it; `undefined` for a record that this program did not write. The same inputs then give
 * the same outputs. A record is stored in one transaction with whatever was decided, before the state's message is sent, and
 * replaces the record before it.
 */
export const restoreLinkState = (record: LinkState): AuthorisedLinkState | NewDeviceLinkState | undefined =>
  readFields(record.unwrap(), readState);
