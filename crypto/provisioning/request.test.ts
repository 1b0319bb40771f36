import { describe, expect, it } from '@jest/globals';
import { chacha20Poly1305Encrypt } from '../backend/libsodium.js';
import { concatenate } from '../bytes.js';
import { LinkEphemeralPrivateKey, LinkTranscript, type LinkState } from '../keys.js';
import { at, NOW } from '../testing/test-account.js';
import { decapsulateChannel, resumeFirstMessage, sealFirstMessage } from './handshake.js';
import { introductionOf, type OwnDevice } from './introduction.js';
import { sealBox } from './key-schedule.js';
import type { LinkCode } from './link-code.js';
import { scanLinkRequest, type AnsweredScan } from './link-scan.js';
import { restoreLinkState } from './link-state.js';
import type { RequestToken } from './link-token.js';
import { makeProof } from './proof.js';
import {
  REFUSALS,
  flipped,
  honestFirst,
  otherDigits,
  own,
  random,
  scannersKeys,
  spoiled,
  thief,
  variable,
} from './testing/rogue-end.js';
import {
  answerRequest,
  EXPIRY,
  expectOutcome,
  host,
  HOST,
  reasonOf,
  requestBy,
  scannedRequest,
  scanOf,
} from './testing/test-link.js';

const restoredScan = (record: LinkState): AnsweredScan => {
  const state = restoreLinkState(record);
  if (state?.kind !== 'answeredScan') throw new Error('The record is of another state.');
  return state;
};

describe('the reverse direction', () => {
  const request = () => requestBy(own, 'reverse negative');

  it.each([
    ['P2: for another host', { host: host('evil.example.org'), now: NOW }, 'otherHost'],
    ['P2: that has expired', { host: HOST, now: EXPIRY }, 'expired'],
    ['P2: whose expiry is over 120 s ahead', { host: HOST, now: at(EXPIRY - 120_001) }, 'expiryTooFarAhead'],
  ])('a code %s is not scanned', (_, context, reason) => {
    expect(reasonOf(scanLinkRequest(scannedRequest(request()), { ...context, random }))).toBe(reason);
  });

  it('P2: a code that another key signed is not scanned', () => {
    const { token, secret } = scannedRequest(request());
    const bytes = flipped(token.bytes, token.bytes.length - 1) as RequestToken['bytes'];
    const forged: LinkCode<RequestToken> = { token: { ...token, bytes }, secret };
    expect(reasonOf(scanLinkRequest(forged, { host: HOST, now: NOW, random }))).toBe('badSignature');
  });

  it('P1: M1 changed by the server ends the link, and the request takes one', () => {
    const { message } = scanOf(scannedRequest(request()), 'reverse');
    for (const [name, bytes] of spoiled(message))
      expect([name, REFUSALS.includes(reasonOf(request().acceptScan(bytes)))]).toEqual([name, true]);
    const once = request();
    expect(reasonOf(once.acceptScan(message))).toBe('answered');
    expect(() => once.acceptScan(message)).toThrow('has been used');
  });

  it.each([
    ['P9: of another suite', 'suiteMismatch', Uint8Array.of(1, 2), honestFirst.kemKey],
    ['P9: of no suite', 'malformed', Uint8Array.of(0), honestFirst.kemKey],
    ['with a KEM key that is none', 'badKemKey', Uint8Array.of(1, 1), new Uint8Array(1_184).fill(0xff)],
  ])('M1 %s is refused', (_, reason, suites, kemKey) => {
    const displayed = request();
    const plaintext = concatenate(new Uint8Array(32), kemKey, suites);
    const message = sealFirstMessage(scannedRequest(displayed), LinkEphemeralPrivateKey.generate(random), plaintext);
    expect(reasonOf(displayed.acceptScan(message))).toBe(reason);
  });

  it('P1: M2 changed by the server ends the link', () => {
    const displayed = request();
    const scan = scanOf(scannedRequest(displayed), 'reverse');
    const { answered } = expectOutcome(displayed.acceptScan(scan.message), 'answered');
    for (const [name, bytes] of spoiled(answered.message)) {
      const copy = scanOf(scannedRequest(request()), 'reverse');
      expect([name, REFUSALS.includes(reasonOf(copy.acceptAnswer(bytes)))]).toEqual([name, true]);
    }
  });

  /** A peer that knows the code, as N's own software does, and says whatever it wants. */
  const rogueAnswer = (change: {
    readonly introduced?: OwnDevice;
    readonly provedBy?: OwnDevice;
    readonly suites?: readonly number[];
    readonly rest?: Uint8Array;
    readonly linkKey?: Uint8Array;
  }) => {
    const displayed = request();
    const scanner = scanOf(scannedRequest(displayed), 'rogue');
    const { ephemeral, kemSeed } = scannersKeys(scanner);
    const { answered } = expectOutcome(displayed.acceptScan(scanner.message), 'answered');
    const resumed = resumeFirstMessage(scannedRequest(request()), ephemeral, scanner.message);
    const channel = decapsulateChannel(resumed, kemSeed, answered.message)!;
    const introduced = introductionOf(change.introduced ?? own);
    const suites = change.suites ?? [1];
    const plaintext = concatenate(
      new Uint8Array(32),
      introduced.identityKey,
      introduced.signingKey,
      change.linkKey ?? introduced.linkKey,
      variable(honestFirst.name),
      variable(honestFirst.system),
      Uint8Array.of(suites.length, ...suites),
      makeProof((change.provedBy ?? own).keys, channel.transcript),
      change.rest ?? new Uint8Array(0),
    );
    const box = sealBox(channel.keys.fromNew, 0, { plaintext, associatedData: channel.transcript });
    return reasonOf(scanner.acceptAnswer(concatenate(answered.message.subarray(0, 1_088), box)));
  };

  it.each<[string, string, Parameters<typeof rogueAnswer>[0]]>([
    ['of the device that displays', 'answered', {}],
    ['P5: with keys that the code did not promise', 'foreignKeys', { introduced: thief, provedBy: thief }],
    ['P5: with another link key', 'foreignKeys', { linkKey: new Uint8Array(32).fill(3) }],
    ['P5: proved by another', 'badProof', { provedBy: thief }],
    ['P9: of another suite', 'suiteMismatch', { suites: [2] }],
    ['with bytes left over', 'malformed', { rest: Uint8Array.of(0) }],
  ])('M2 %s is %s', (_, reason, change) => {
    expect(rogueAnswer(change)).toBe(reason);
  });

  it('P7: digits typed wrong at the new device end the link there, and no M3 is made', () => {
    const { answered, scan } = answerRequest(request(), 'reverse');
    expect(answered.typeDigits(otherDigits(scan.digits)).outcome).toBe('wrongDigits');
    expect(() => answered.typeDigits(scan.digits)).toThrow('has been used');
  });

  it('P7: a thief who photographed the new device’s code is not the one whose digits are typed', () => {
    const displayed = request();
    const { answered } = expectOutcome(
      displayed.acceptScan(scanOf(scannedRequest(displayed), 'thief').message),
      'answered',
    );
    const honest = answerRequest(request(), 'honest').scan;
    expect(answered.typeDigits(honest.digits).outcome).toBe('wrongDigits');
  });

  it('P4, P5: approval needs M3, unchanged and of this link', () => {
    const { answered, scan } = answerRequest(request(), 'reverse');
    for (const member of ['certify', 'seal']) expect(member in scan).toBe(false);
    const { awaited } = expectOutcome(answered.typeDigits(scan.digits), 'matched');
    const record = scan.export();
    for (const [name, bytes] of spoiled(awaited.message))
      expect([name, reasonOf(restoredScan(record).acceptConfirmation(bytes))]).toEqual([name, 'notAuthentic']);
    expect(reasonOf(restoredScan(record).acceptConfirmation(awaited.message))).toBe('matched');
  });

  it('P5: M3 with a proof by another key is refused', () => {
    const { answered, scan } = answerRequest(request(), 'reverse');
    const record = answered.export().unwrap();
    // The record ends in TH3, k_AN, k_NA and six digits.
    const [transcript, key] = [record.slice(-102, -70), record.slice(-38, -6)];
    const proof = makeProof(thief.keys, LinkTranscript.of(transcript));
    const box = chacha20Poly1305Encrypt(key, Uint8Array.of(...new Uint8Array(11), 1), proof, transcript);
    expect(reasonOf(scan.acceptConfirmation(box))).toBe('badProof');
  });
});
