import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { deviceIdOf } from '../identity/device-id.js';
import { identityKeyPairOf } from '../identity/device-keys.js';
import {
  DeviceSigningKey,
  DeviceSigningPublicKey,
  IdentityPrivateKey,
  LinkKey,
  LinkState,
  parseLinkDigits,
  parseRegistrationId,
  Plaintext,
  TlsKeyPin,
} from '../keys.js';
import { claimLinkOffer } from '../provisioning/link-claim.js';
import { parseLinkCode } from '../provisioning/link-code.js';
import { createLinkOffer } from '../provisioning/link-offer.js';
import { createLinkRequest } from '../provisioning/link-request.js';
import { scanLinkRequest } from '../provisioning/link-scan.js';
import { restoreLinkState } from '../provisioning/link-state.js';
import { parseLinkToken, verifyLinkToken } from '../provisioning/link-token.js';
import {
  formatManualCode,
  generateManualCode,
  manualCodeLookupId,
  manualCodeSecret,
  parseManualCode,
} from '../provisioning/manual-code.js';
import { account, certified, expectOutcome, host, label, reasonOf } from '../provisioning/testing/test-link.js';
import { at, NOW } from '../testing/test-account.js';
import { fromHex, toHex } from './testing/hex.js';
import type { LinkVector, ProvisioningVectors } from './testing/link-vector.js';

const vectors = JSON.parse(readFileSync(new URL('provisioning.json', import.meta.url), 'utf8')) as ProvisioningVectors;
const anna = account('vectors');

/** Hands out what was drawn when the vector was recorded. */
const replay = (...drawn: readonly string[]) => {
  const left = [...drawn];
  return { bytes: () => fromHex(left.shift() ?? '') };
};

const ownOf = ({ newDevice }: LinkVector) => {
  const identityKeyPair = identityKeyPairOf(IdentityPrivateKey.of(fromHex(newDevice.identityPrivateKey)));
  const keys = {
    deviceId: deviceIdOf(identityKeyPair.publicKey),
    registrationId: parseRegistrationId(newDevice.registrationId)!,
    identityKeyPair,
    signingKey: DeviceSigningKey.of(fromHex(newDevice.signingKey)),
    linkKey: LinkKey.of(fromHex(newDevice.linkKey)),
  };
  return { keys, name: label(newDevice.name), system: label(newDevice.system) };
};

const stateOf = (link: LinkVector, kind: string) => {
  const state = restoreLinkState(LinkState.of(fromHex(link.states[kind] ?? '')));
  if (state?.kind !== kind) throw new Error(`The record of ${kind} became ${state?.kind ?? 'nothing'}.`);
  return state;
};

/** What the state makes of a message, whichever it takes. */
const step = (link: LinkVector, kind: string, message: string): { readonly outcome: string } => {
  const [state, bytes] = [stateOf(link, kind), fromHex(message)];
  switch (state.kind) {
    case 'offer':
      return state.acceptClaim(bytes);
    case 'claim':
      return state.acceptAnswer(bytes);
    case 'claimedOffer':
      return state.acceptProof(bytes);
    case 'awaitedGrant':
      return state.openGrant(bytes);
    case 'request':
      return state.acceptScan(bytes);
    case 'scan':
      return state.acceptAnswer(bytes);
    case 'answeredScan':
      return state.acceptConfirmation(bytes);
    case 'answeredRequest':
    case 'grantedLink':
    case 'matchedLink':
    case 'provenOffer':
    case 'receivedGrant':
      throw new Error(`A ${state.kind} takes no message.`);
  }
};

const linkOf = (direction: LinkVector['direction']): LinkVector =>
  vectors.links.find((link) => link.direction === direction)!;

describe('provisioning.json', () => {
  it('has an offer whose messages come out byte for byte', () => {
    const link = linkOf('offer');
    const { displayed, reader } = link;
    const offer = createLinkOffer({
      signingKey: DeviceSigningKey.of(fromHex(link.authorisedSigningKey)),
      host: host(link.host),
      tlsPin: TlsKeyPin.of(fromHex(link.tlsPin ?? '')),
      textExport: link.textExport,
      historyOffered: link.historyOffered,
      expiresAt: at(link.expiresAt),
      random: replay(displayed.ephemeral, displayed.secret, displayed.kemRandomness, displayed.nonce),
    });
    expect([toHex(offer.token.bytes), toHex(offer.token.sessionId), offer.codeText]).toEqual([
      link.token,
      link.sessionId,
      link.code,
    ]);
    const { code } = expectOutcome(parseLinkCode(link.code), 'offer');
    const claim = claimLinkOffer(code, {
      own: ownOf(link),
      random: replay(reader.ephemeral, reader.kemSeed, reader.nonce),
    });
    expect([toHex(claim.message), toHex(claim.contest)]).toEqual([link.m1, link.contest]);
    const { claimed } = expectOutcome(offer.acceptClaim(fromHex(link.m1)), 'claimed');
    expect(toHex(claimed.message)).toBe(link.m2);
    expect(claimed.isContest(fromHex(link.contest ?? ''))).toBe(true);
    expect(expectOutcome(claim.acceptAnswer(fromHex(link.m2)), 'answered').awaited.digits).toBe(link.digits);
    const { proven } = expectOutcome(claimed.acceptProof(fromHex(link.m3)), 'proven');
    expect(proven.matchDigits(parseLinkDigits(link.digits)!).outcome).toBe('matched');
  });

  it('has a request whose messages come out byte for byte but for proofs', () => {
    const link = linkOf('request');
    const { displayed, reader } = link;
    const request = createLinkRequest({
      own: ownOf(link),
      host: host(link.host),
      textExport: link.textExport,
      expiresAt: at(link.expiresAt),
      random: replay(displayed.ephemeral, displayed.secret, displayed.kemRandomness, displayed.nonce),
    });
    expect([toHex(request.token.bytes), request.codeText]).toEqual([link.token, link.code]);
    const { code } = expectOutcome(parseLinkCode(link.code), 'request');
    const random = replay(reader.ephemeral, reader.kemSeed, reader.nonce);
    const { scan } = expectOutcome(scanLinkRequest(code, { host: host(link.host), now: NOW, random }), 'started');
    expect(toHex(scan.message)).toBe(link.m1);
    const { answered } = expectOutcome(request.acceptScan(fromHex(link.m1)), 'answered');
    // The KEM's ciphertext; the box after it holds a random signature.
    expect(toHex(answered.message.subarray(0, 1_088))).toBe(link.m2.slice(0, 2_176));
    const shown = expectOutcome(scan.acceptAnswer(fromHex(link.m2)), 'answered').answered;
    expect(shown.digits).toBe(link.digits);
    expect(shown.acceptConfirmation(fromHex(link.m3)).outcome).toBe('matched');
  });

  it.each(vectors.links)('has a grant at the end of the $direction', (link) => {
    const matched = stateOf(link, 'matchedLink');
    if (matched.kind !== 'matchedLink') throw new Error('Not a matched link.');
    const grant = certified(matched, anna);
    expect(toHex(anna.account.device.linkKey.unwrap())).toBe(link.authorisedLinkKey);
    expect([toHex(grant.certificate), toHex(grant.list.bytes), toHex(grant.list.signature)]).toEqual([
      link.certificate,
      link.list,
      link.listSignature,
    ]);
    expect(toHex(matched.seal(Plaintext.of(fromHex(link.payload))).message)).toBe(link.m4);
    const awaited = stateOf(link, 'awaitedGrant');
    if (awaited.kind !== 'awaitedGrant') throw new Error('Not an awaited grant.');
    const { received } = expectOutcome(awaited.openGrant(fromHex(link.m4)), 'opened');
    expect(toHex(received.payload)).toBe(link.payload);
    expect(reasonOf(received.verify({ head: anna.head, ...grant }))).toBe('joinable');
  });

  it.each(vectors.refusals)('$direction, $expected: $name', ({ direction, state, message, expected }) => {
    expect(reasonOf(step(linkOf(direction), state, message))).toBe(expected);
  });

  it.each(vectors.codes)('code, $expected: $name', ({ text, expected }) => {
    expect(reasonOf(parseLinkCode(text))).toBe(expected);
  });

  it.each(vectors.tokens)('token, $expected: $name', ({ token, signingKey, now, expected }) => {
    const parse = parseLinkToken(fromHex(token));
    const key = DeviceSigningPublicKey.of(fromHex(signingKey));
    const verdict =
      parse.outcome === 'refused' ? parse.reason : verifyLinkToken(parse.token, { signingKey: key, now: at(now) });
    expect(verdict).toBe(expected);
  });

  it.each(vectors.manualCodes)('manual code $code', ({ drawn, code, lookupId, secret }) => {
    const manual = generateManualCode(replay(drawn));
    expect(formatManualCode(manual)).toBe(code);
    expect(toHex(manualCodeLookupId(manual))).toBe(lookupId);
    expect(toHex(manualCodeSecret(manual).unwrap())).toBe(secret);
  });

  it.each(vectors.manualCodeTexts)('manual code, $expected: $name', ({ text, expected }) => {
    expect(reasonOf(parseManualCode(text))).toBe(expected);
  });
});
