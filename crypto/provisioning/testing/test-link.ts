import { at, NOW, testAccount, type TestAccount } from '../../testing/test-account.js';
import { seededRandomForTesting } from '../../testing/seeded-random.js';
import { generateDeviceKeys } from '../../identity/device-keys.js';
import { parseDeviceLabel, parseLinkHost, Plaintext, type DeviceLabel, type LinkHost } from '../../keys.js';
import type { AwaitedGrant } from '../grant-receipt.js';
import type { OwnDevice } from '../introduction.js';
import { claimLinkOffer, type LinkClaim } from '../link-claim.js';
import { parseLinkCode, type LinkCode } from '../link-code.js';
import type { GrantInput, LinkGrant, MatchedLink } from '../link-grant.js';
import {
  createLinkOffer,
  type ClaimedOffer,
  type LinkOffer,
  type OfferInput,
  type ProvenOffer,
} from '../link-offer.js';
import { createLinkRequest, type AnsweredRequest, type LinkRequest, type RequestInput } from '../link-request.js';
import { scanLinkRequest, type AnsweredScan, type LinkScan } from '../link-scan.js';
import type { OfferToken, RequestToken } from '../link-token.js';

/** The member of a union of outcomes that a test expects; the test fails where it is another. */
export const expectOutcome = <Verdict extends { readonly outcome: string }, Outcome extends Verdict['outcome']>(
  verdict: Verdict,
  outcome: Outcome,
): Extract<Verdict, { outcome: Outcome }> => {
  if (verdict.outcome !== outcome)
    throw new Error(`Expected ${outcome}, not ${'reason' in verdict ? String(verdict.reason) : verdict.outcome}.`);
  return verdict as Extract<Verdict, { outcome: Outcome }>;
};

/** The reason of a refusal, or the outcome of anything else. */
export const reasonOf = (verdict: { readonly outcome: string }): string =>
  'reason' in verdict ? String(verdict.reason) : verdict.outcome;

export const host = (text: string): LinkHost => {
  const parsed = parseLinkHost(text);
  if (parsed === undefined) throw new Error(`${text} is no host.`);
  return parsed;
};

export const label = (text: string): DeviceLabel => {
  const parsed = parseDeviceLabel(text);
  if (parsed === undefined) throw new Error(`${text} is no label.`);
  return parsed;
};

export const HOST = host('chat.example.org');
/** The expiry of test codes: in whole seconds. */
export const EXPIRY = at(NOW + 60_000);
export const PAYLOAD = Plaintext.of(new TextEncoder().encode('what an authorised device hands over'));

export const newDevice = (seed: string): OwnDevice => ({
  keys: generateDeviceKeys(seededRandomForTesting(`${seed}: keys`)),
  name: label(`Laptop of ${seed}`),
  system: label('Linux 6.1'),
});

export const offerBy = ({ account }: TestAccount, seed: string, change: Partial<OfferInput> = {}): LinkOffer =>
  createLinkOffer({
    signingKey: account.device.signingKey,
    host: HOST,
    expiresAt: EXPIRY,
    random: seededRandomForTesting(`${seed}: offer`),
    ...change,
  });

/** The code as it comes out of a camera. */
export const scanned = (offer: LinkOffer): LinkCode<OfferToken> =>
  expectOutcome(parseLinkCode(offer.codeText), 'offer').code;

export const claimOf = (code: LinkCode<OfferToken>, own: OwnDevice, seed: string): LinkClaim =>
  claimLinkOffer(code, { own, random: seededRandomForTesting(`${seed}: claim`) });

/** How far a link is driven. */
export interface DrivenOffer {
  readonly claim: LinkClaim;
  readonly claimed: ClaimedOffer;
  readonly awaited: AwaitedGrant;
}

/** `M1` and `M2`, by honest ends. */
export const answer = (offer: LinkOffer, own: OwnDevice, seed: string): DrivenOffer => {
  const claim = claimOf(scanned(offer), own, seed);
  const { claimed } = expectOutcome(offer.acceptClaim(claim.message), 'claimed');
  const { awaited } = expectOutcome(claim.acceptAnswer(claimed.message), 'answered');
  return { claim, claimed, awaited };
};

export const prove = ({ claimed, awaited }: DrivenOffer): ProvenOffer =>
  expectOutcome(claimed.acceptProof(awaited.message), 'proven').proven;

export const match = (driven: DrivenOffer): MatchedLink => {
  const digits = driven.awaited.digits;
  if (digits === undefined) throw new Error('A claim shows digits.');
  return expectOutcome(prove(driven).matchDigits(digits), 'matched').link;
};

export const grantInput = ({ account, head }: TestAccount, change: Partial<GrantInput> = {}): GrantInput => ({
  head,
  mostDevices: 5,
  issuedAt: NOW,
  signer: { deviceId: account.device.deviceId, linkKey: account.device.linkKey },
  ...change,
});

export const certified = (link: MatchedLink, account: TestAccount): LinkGrant =>
  expectOutcome(link.certify(grantInput(account)), 'signed').grant;

export const requestBy = (own: OwnDevice, seed: string, change: Partial<RequestInput> = {}): LinkRequest =>
  createLinkRequest({
    own,
    host: HOST,
    expiresAt: EXPIRY,
    random: seededRandomForTesting(`${seed}: request`),
    ...change,
  });

/** The code as it comes out of a camera. */
export const scannedRequest = (request: LinkRequest): LinkCode<RequestToken> =>
  expectOutcome(parseLinkCode(request.codeText), 'request').code;

export const scanOf = (code: LinkCode<RequestToken>, seed: string): LinkScan =>
  expectOutcome(
    scanLinkRequest(code, { host: HOST, now: NOW, random: seededRandomForTesting(`${seed}: scan`) }),
    'started',
  ).scan;

/** `M1` and `M2` of the reverse direction, by honest ends. */
export const answerRequest = (
  request: LinkRequest,
  seed: string,
): { readonly answered: AnsweredRequest; readonly scan: AnsweredScan } => {
  const scan = scanOf(scannedRequest(request), seed);
  const { answered } = expectOutcome(request.acceptScan(scan.message), 'answered');
  return { answered, scan: expectOutcome(scan.acceptAnswer(answered.message), 'answered').answered };
};

export const account = (seed: string): TestAccount => testAccount(`linking: ${seed}`);
