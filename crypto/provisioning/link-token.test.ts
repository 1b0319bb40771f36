import { describe, expect, it } from '@jest/globals';
import { ed25519Sign } from '../backend/libsodium.js';
import { concatenate, labelBytes } from '../bytes.js';
import { deviceSigningPublicKeyOf } from '../identity/device-keys.js';
import { TlsKeyPin, type Bytes } from '../keys.js';
import { LABELS } from '../labels.js';
import { flippedBits } from '../testing/corruption.js';
import { counted } from '../testing/scale.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { at, NOW } from '../testing/test-account.js';
import { linkSessionIdOf, offerTokenOf, parseLinkToken, requestTokenOf, verifyLinkToken } from './link-token.js';
import {
  account,
  EXPIRY,
  expectOutcome,
  host,
  HOST,
  newDevice,
  offerBy,
  reasonOf,
  requestBy,
} from './testing/test-link.js';

const anna = account('anna');
const bert = account('bert');
const signingKey = deviceSigningPublicKeyOf(anna.account.device.signingKey);
const { token } = offerBy(anna, 'token');
const own = newDevice('token');
const request = requestBy(own, 'token').token;

/** The body changed at will, properly signed. */
const resigned = (change: (body: Bytes) => Uint8Array, of: Uint8Array = token.bytes): Bytes => {
  const body = new Uint8Array(change(new Uint8Array(of.subarray(0, -64))));
  const signed = concatenate(labelBytes(LABELS.linkToken), body);
  return concatenate(body, ed25519Sign(anna.account.device.signingKey.unwrap(), signed));
};

describe('a link token', () => {
  it('says what it was made of', () => {
    const tlsPin = TlsKeyPin.of(new Uint8Array(16).fill(9));
    const full = offerBy(anna, 'full', { tlsPin, textExport: true, historyOffered: true, expiresAt: at(EXPIRY + 999) });
    const parsed = expectOutcome(parseLinkToken(full.token.bytes), 'parsed').token;
    expect(parsed).toEqual(full.token);
    expect(parsed).toMatchObject({
      intent: 'authorisedDisplays',
      expiresAt: EXPIRY,
      host: HOST,
      tlsPin,
      textExport: true,
      historyOffered: true,
      sessionId: linkSessionIdOf(full.token.bytes),
    });
    expect(token).toMatchObject({ tlsPin: undefined, textExport: false, historyOffered: false });
  });

  it('of a new device names its keys', () => {
    expect(expectOutcome(parseLinkToken(request.bytes), 'parsed').token).toEqual(request);
    expect(request).toMatchObject({
      intent: 'newDisplays',
      signingKey: deviceSigningPublicKeyOf(own.keys.signingKey),
      historyOffered: false,
    });
  });

  it('is one kind or the other', () => {
    expect(offerTokenOf(request.bytes)).toBeUndefined();
    expect(requestTokenOf(token.bytes)).toBeUndefined();
    expect(offerTokenOf(new Uint8Array(3))).toBeUndefined();
    expect(requestTokenOf(new Uint8Array(3))).toBeUndefined();
  });

  it.each([1, 2, 4, 100, 252, 253])('takes a host of %i characters', (length) => {
    const name = host('a'.repeat(length));
    expect(offerTokenOf(offerBy(anna, 'host', { host: name }).token.bytes)?.host).toBe(name);
  });

  it('cannot expire later than its field holds', () => {
    expect(() => offerBy(anna, 'late', { expiresAt: at(2 ** 32 * 1_000) })).toThrow(RangeError);
  });
});

describe('parseLinkToken refuses', () => {
  it.each<[string, string, Bytes]>([
    ['nothing', 'malformed', new Uint8Array(0)],
    ['two bytes', 'malformed', Uint8Array.of(1, 1)],
    ['a signature alone', 'malformed', Uint8Array.of(1, 1, 1, ...new Uint8Array(61))],
    ['P9: version 0', 'malformed', resigned((body) => body.with(0, 0))],
    ['P9: another version', 'newerVersion', resigned((body) => body.with(0, 2))],
    ['P9: suite 0', 'unsupportedSuite', resigned((body) => body.with(2, 0))],
    ['P9: another suite', 'unsupportedSuite', resigned((body) => body.with(2, 2))],
    ['an intent that is none', 'malformed', resigned((body) => body.with(1, 3))],
    ['the intent of the other direction', 'malformed', resigned((body) => body.with(1, 2))],
    ['a flag that is none', 'malformed', resigned((body) => body.with(3, 8))],
    ['a pin that is missing', 'malformed', resigned((body) => body.with(3, 1))],
    ['P1: a zero point', 'malformed', resigned((body) => body.fill(0, 8, 40))],
    ['P1: a point with a second encoding', 'malformed', resigned((body) => body.with(39, 0xff))],
    ['no host', 'malformed', resigned((body) => body.subarray(0, 41).with(40, 0))],
    ['a host in capitals', 'malformed', resigned((body) => body.with(41, 0x43))],
    ['a host with a slash', 'malformed', resigned((body) => body.with(41, 0x2f))],
    ['a host beyond ASCII', 'malformed', resigned((body) => body.with(41, 0xe9))],
    ['a host cut short', 'malformed', resigned((body) => body.subarray(0, -1))],
    ['a byte more', 'malformed', resigned((body) => concatenate(body, Uint8Array.of(0)))],
    [
      'a host of 254 characters',
      'malformed',
      resigned((body) => concatenate(body.subarray(0, 40), Uint8Array.of(254), new Uint8Array(254).fill(97))),
    ],
  ])('%s, though properly signed', (_, reason, bytes) => {
    expect(reasonOf(parseLinkToken(bytes))).toBe(reason);
  });

  it('whatever it is fed, without throwing', () => {
    const random = seededRandomForTesting('token fuzz');
    for (let round = 0; round < counted(20_000); round += 1) {
      const bytes = random.bytes(1 + (random.bytes(1)[0] ?? 0));
      bytes[0] = 1;
      bytes[2] = 1;
      expect(parseLinkToken(bytes).outcome).toBe('refused');
    }
  });
});

describe('verifyLinkToken', () => {
  it('takes a token of the device that is asked for, while it is good', () => {
    expect(verifyLinkToken(token, { signingKey, now: NOW })).toBe('valid');
    expect(verifyLinkToken(request, { signingKey: request.signingKey, now: NOW })).toBe('valid');
  });

  it('P2: refuses a token signed by a foreign device', () => {
    const foreign = deviceSigningPublicKeyOf(bert.account.device.signingKey);
    expect(verifyLinkToken(token, { signingKey: foreign, now: NOW })).toBe('badSignature');
    expect(verifyLinkToken(request, { signingKey, now: NOW })).toBe('badSignature');
  });

  it('P2: refuses a token of which any bit has been changed', () => {
    for (const original of [token, request])
      for (const { name, bytes } of flippedBits(original.bytes)) {
        const parse = parseLinkToken(bytes);
        if (parse.outcome === 'refused') continue;
        // The server asks the token's own key about a request, which may have been changed as well.
        const key = parse.token.intent === 'newDisplays' ? parse.token.signingKey : signingKey;
        expect([name, verifyLinkToken(parse.token, { signingKey: key, now: NOW })]).not.toEqual([name, 'valid']);
      }
  });

  it.each([
    ['the moment before', -1, 'valid'],
    ['the moment itself', 0, 'expired'],
    ['an hour later', 3_600_000, 'expired'],
    ['120 s earlier', -120_000, 'valid'],
    ['120 s and a moment earlier', -120_001, 'expiryTooFarAhead'],
    ['an hour earlier', -3_600_000, 'expiryTooFarAhead'],
  ])('P2: at expiry by the server’s clock, %s', (_, offset, verdict) => {
    expect(verifyLinkToken(token, { signingKey, now: at(EXPIRY + offset) })).toBe(verdict);
  });

  it.each([
    ['330 s earlier', -330_000, 'valid'],
    ['330 s and a moment earlier', -330_001, 'expiryTooFarAhead'],
    ['the moment itself', 0, 'expired'],
  ])('P2: of a code that is typed, %s', (_, offset, verdict) => {
    expect(verifyLinkToken(token, { signingKey, now: at(EXPIRY + offset), code: 'typed' })).toBe(verdict);
  });
});
