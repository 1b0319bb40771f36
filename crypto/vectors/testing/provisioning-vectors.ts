import { deviceSigningPublicKeyOf } from '../../identity/device-keys.js';
import { TlsKeyPin } from '../../keys.js';
import { encodeLinkCode } from '../../provisioning/link-code.js';
import type { MatchedLink } from '../../provisioning/link-grant.js';
import { createLinkOffer } from '../../provisioning/link-offer.js';
import { claimLinkOffer } from '../../provisioning/link-claim.js';
import { createLinkRequest } from '../../provisioning/link-request.js';
import { scanLinkRequest } from '../../provisioning/link-scan.js';
import {
  formatManualCode,
  generateManualCode,
  manualCodeLookupId,
  manualCodeSecret,
} from '../../provisioning/manual-code.js';
import {
  account,
  certified,
  EXPIRY,
  expectOutcome,
  HOST,
  newDevice,
  PAYLOAD,
  scanned,
  scannedRequest,
} from '../../provisioning/testing/test-link.js';
import { seededRandomForTesting } from '../../testing/seeded-random.js';
import { NOW } from '../../testing/test-account.js';
import { toHex } from './hex.js';
import { refusalsOf, rogueVectors, swapped } from './link-refusal-vectors.js';
import type { CodeVector, LinkVector, ProvisioningVectors, TokenVector } from './link-vector.js';

const anna = account('vectors');
const own = newDevice('vectors');
const tlsPin = TlsKeyPin.of(new Uint8Array(16).fill(7));

/** Draws from the seed and keeps what was drawn. */
const recorded = (seed: string) => {
  const source = seededRandomForTesting(seed);
  const drawn: string[] = [];
  const random = {
    bytes: (length: number) => {
      const bytes = source.bytes(length);
      drawn.push(toHex(bytes));
      return bytes;
    },
  };
  const at = (index: number): string => drawn[index] ?? '';
  return { random, at };
};

const common = {
  host: HOST,
  expiresAt: EXPIRY,
  newDevice: {
    identityPrivateKey: toHex(own.keys.identityKeyPair.privateKey.unwrap()),
    signingKey: toHex(own.keys.signingKey.unwrap()),
    linkKey: toHex(own.keys.linkKey.unwrap()),
    registrationId: own.keys.registrationId,
    name: own.name,
    system: own.system,
  },
  authorisedSigningKey: toHex(anna.account.device.signingKey.unwrap()),
  authorisedLinkKey: toHex(anna.account.device.linkKey.unwrap()),
  payload: toHex(PAYLOAD),
};

const recordOf = (state: { export(): { unwrap(): Uint8Array } }): string => toHex(state.export().unwrap());

const granted = (link: MatchedLink) => {
  const grant = certified(link, anna);
  return {
    certificate: toHex(grant.certificate),
    list: toHex(grant.list.bytes),
    listSignature: toHex(grant.list.signature),
  };
};

const displayedBy = ({ at }: ReturnType<typeof recorded>) => ({
  ephemeral: at(0),
  secret: at(1),
  kemRandomness: at(2),
  nonce: at(3),
});
const readBy = ({ at }: ReturnType<typeof recorded>) => ({ ephemeral: at(0), kemSeed: at(1), nonce: at(2) });

const offerVector = (): LinkVector => {
  const [displaying, reading] = [recorded('vectors: offer'), recorded('vectors: claim')];
  const offer = createLinkOffer({
    signingKey: anna.account.device.signingKey,
    host: HOST,
    tlsPin,
    historyOffered: true,
    expiresAt: EXPIRY,
    random: displaying.random,
  });
  const code = scanned(offer);
  const claim = claimLinkOffer(code, { own, random: reading.random });
  const [offerRecord, claimRecord] = [recordOf(offer), recordOf(claim)];
  const { claimed } = expectOutcome(offer.acceptClaim(claim.message), 'claimed');
  const { awaited } = expectOutcome(claim.acceptAnswer(claimed.message), 'answered');
  const [claimedRecord, awaitedRecord] = [recordOf(claimed), recordOf(awaited)];
  const { proven } = expectOutcome(claimed.acceptProof(awaited.message), 'proven');
  const { digits } = awaited;
  if (digits === undefined) throw new Error('A claim shows digits.');
  const { link } = expectOutcome(proven.matchDigits(digits), 'matched');
  const [matchedRecord, grant] = [recordOf(link), granted(link)];
  return {
    direction: 'offer',
    ...common,
    tlsPin: toHex(tlsPin),
    textExport: false,
    historyOffered: true,
    displayed: displayedBy(displaying),
    reader: readBy(reading),
    token: toHex(offer.token.bytes),
    sessionId: toHex(offer.token.sessionId),
    code: encodeLinkCode(code),
    m1: toHex(claim.message),
    m2: toHex(claimed.message),
    m3: toHex(awaited.message),
    m4: toHex(link.seal(PAYLOAD).message),
    digits,
    contest: toHex(claim.contest),
    ...grant,
    states: {
      offer: offerRecord,
      claim: claimRecord,
      claimedOffer: claimedRecord,
      awaitedGrant: awaitedRecord,
      matchedLink: matchedRecord,
    },
  };
};

const requestVector = (): LinkVector => {
  const [displaying, reading] = [recorded('vectors: request'), recorded('vectors: scan')];
  const request = createLinkRequest({
    own,
    host: HOST,
    textExport: true,
    expiresAt: EXPIRY,
    random: displaying.random,
  });
  const code = scannedRequest(request);
  const { scan } = expectOutcome(scanLinkRequest(code, { host: HOST, now: NOW, random: reading.random }), 'started');
  const [requestRecord, scanRecord] = [recordOf(request), recordOf(scan)];
  const { answered } = expectOutcome(request.acceptScan(scan.message), 'answered');
  const shown = expectOutcome(scan.acceptAnswer(answered.message), 'answered').answered;
  const [answeredRecord, shownRecord] = [recordOf(answered), recordOf(shown)];
  const { awaited } = expectOutcome(answered.typeDigits(shown.digits), 'matched');
  const awaitedRecord = recordOf(awaited);
  const { link } = expectOutcome(shown.acceptConfirmation(awaited.message), 'matched');
  const [matchedRecord, grant] = [recordOf(link), granted(link)];
  return {
    direction: 'request',
    ...common,
    tlsPin: null,
    textExport: true,
    historyOffered: false,
    displayed: displayedBy(displaying),
    reader: readBy(reading),
    token: toHex(request.token.bytes),
    sessionId: toHex(request.token.sessionId),
    code: encodeLinkCode(code),
    m1: toHex(scan.message),
    m2: toHex(answered.message),
    m3: toHex(awaited.message),
    m4: toHex(link.seal(PAYLOAD).message),
    digits: shown.digits,
    contest: null,
    ...grant,
    states: {
      request: requestRecord,
      scan: scanRecord,
      answeredRequest: answeredRecord,
      answeredScan: shownRecord,
      awaitedGrant: awaitedRecord,
      matchedLink: matchedRecord,
    },
  };
};

const codeVectors = ({ code }: LinkVector, request: LinkVector): CodeVector[] => [
  { name: 'an offer', text: code, expected: 'offer' },
  { name: 'a request', text: request.code, expected: 'request' },
  {
    name: 'small letters and blanks',
    text: ` ${code.toLowerCase().slice(0, 60)}\n${code.toLowerCase().slice(60)} `,
    expected: 'offer',
  },
  { name: 'lookalikes', text: `SLK1:${code.slice(5).replaceAll('0', 'O').replaceAll('1', 'l')}`, expected: 'offer' },
  { name: 'nothing', text: '', expected: 'notALinkCode' },
  { name: 'an address', text: 'https://chat.example.org', expected: 'notALinkCode' },
  { name: 'a later version', text: code.replace('SLK1', 'SLK2'), expected: 'newerVersion' },
  { name: 'the prefix alone', text: 'SLK1:', expected: 'damaged' },
  { name: 'a character missing', text: code.slice(0, -1), expected: 'damaged' },
  { name: 'a character more', text: `${code}0`, expected: 'damaged' },
  { name: 'a character that no code has', text: `${code.slice(0, -1)}U`, expected: 'damaged' },
  { name: 'two characters exchanged', text: code.replace(/(.)(.)(?<!\1\1)$/, '$2$1'), expected: 'damaged' },
];

const tokenVectors = (offer: LinkVector, request: LinkVector): TokenVector[] => {
  const signingKey = toHex(deviceSigningPublicKeyOf(anna.account.device.signingKey));
  const good = { token: offer.token, signingKey, now: EXPIRY - 60_000 };
  return [
    { name: 'an offer', ...good, expected: 'valid' },
    {
      name: 'a request',
      ...good,
      token: request.token,
      signingKey: toHex(deviceSigningPublicKeyOf(own.keys.signingKey)),
      expected: 'valid',
    },
    { name: 'at its expiry', ...good, now: EXPIRY, expected: 'expired' },
    { name: 'the moment before its expiry', ...good, now: EXPIRY - 1, expected: 'valid' },
    { name: '120 s before its expiry', ...good, now: EXPIRY - 120_000, expected: 'valid' },
    { name: 'more than 120 s before its expiry', ...good, now: EXPIRY - 120_001, expected: 'expiryTooFarAhead' },
    { name: 'signature changed', ...good, token: swapped(offer.token, -1), expected: 'badSignature' },
    { name: 'host changed', ...good, token: swapped(offer.token, 42), expected: 'badSignature' },
    {
      name: 'history no longer offered',
      ...good,
      token: `${offer.token.slice(0, 6)}01${offer.token.slice(8)}`,
      expected: 'badSignature',
    },
    {
      name: "another device's key",
      ...good,
      signingKey: toHex(deviceSigningPublicKeyOf(own.keys.signingKey)),
      expected: 'badSignature',
    },
    { name: 'version 2', ...good, token: `02${offer.token.slice(2)}`, expected: 'newerVersion' },
    {
      name: 'suite 2',
      ...good,
      token: `${offer.token.slice(0, 4)}02${offer.token.slice(6)}`,
      expected: 'unsupportedSuite',
    },
    {
      name: 'an unknown flag',
      ...good,
      token: `${offer.token.slice(0, 6)}80${offer.token.slice(8)}`,
      expected: 'malformed',
    },
    {
      name: 'epk of zeros',
      ...good,
      token: `${offer.token.slice(0, 16)}${'00'.repeat(32)}${offer.token.slice(80)}`,
      expected: 'malformed',
    },
    { name: 'intent 3', ...good, token: `${offer.token.slice(0, 2)}03${offer.token.slice(4)}`, expected: 'malformed' },
    { name: 'cut', ...good, token: offer.token.slice(0, 100), expected: 'malformed' },
    { name: 'nothing', ...good, token: '', expected: 'malformed' },
  ];
};

/** Both directions from code to grant, and what must not be taken at any step of them. */
export const provisioningVectors = (): ProvisioningVectors => {
  const [offer, request] = [offerVector(), requestVector()];
  const drawing = recorded('vectors: manual code');
  const manual = generateManualCode(drawing.random);
  const shown = formatManualCode(manual);
  return {
    links: [offer, request],
    refusals: [...refusalsOf(offer, request), ...refusalsOf(request, offer), ...rogueVectors(offer, request)],
    codes: codeVectors(offer, request),
    tokens: tokenVectors(offer, request),
    manualCodes: [
      {
        drawn: drawing.at(0),
        code: shown,
        lookupId: toHex(manualCodeLookupId(manual)),
        secret: toHex(manualCodeSecret(manual).unwrap()),
      },
    ],
    manualCodeTexts: [
      { name: 'as shown', text: shown, expected: 'valid' },
      { name: 'small letters and blanks', text: shown.toLowerCase().replaceAll('-', ' '), expected: 'valid' },
      {
        name: 'the last character changed',
        text: `${shown.slice(0, -1)}${shown.endsWith('0') ? '1' : '0'}`,
        expected: 'mistyped',
      },
      { name: 'a character missing', text: shown.slice(0, -1), expected: 'incomplete' },
      { name: 'a character more', text: `${shown}0`, expected: 'notAManualCode' },
      { name: 'a character that no code has', text: `${shown.slice(0, -1)}U`, expected: 'notAManualCode' },
    ],
  };
};
