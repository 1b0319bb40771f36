/** The recorded links of crypto/vectors, made and refused once more by what was written from SPEC alone. Offers only. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { readCertificate, readList } from './account.js';
import { AuthorisedDevice } from './authorised-device.js';
import { fromHex, Refused, toHex } from './bytes.js';
import { contestMac, readCode, sessionId } from './link-code.js';
import { drawManualCode, readManualCode } from './manual-code.js';
import { NewDevice } from './new-device.js';
import { ed25519Public, ed25519Verify, hash } from './primitives.js';

const file = new URL('../../crypto/vectors/provisioning.json', import.meta.url);
interface LinkVector {
  readonly direction: string;
  readonly host: string;
  readonly expiresAt: number;
  readonly textExport: boolean;
  readonly historyOffered: boolean;
  readonly tlsPin: string | null;
  readonly newDevice: Record<'identityPrivateKey' | 'signingKey' | 'linkKey' | 'name' | 'system', string>;
  readonly displayed: Record<'ephemeral' | 'secret' | 'kemRandomness' | 'nonce', string>;
  readonly reader: Record<'ephemeral' | 'kemSeed' | 'nonce', string>;
  readonly authorisedSigningKey: string;
  readonly authorisedLinkKey: string;
  readonly payload: string;
  readonly token: string;
  readonly sessionId: string;
  readonly code: string;
  readonly contest: string;
  readonly digits: string;
  readonly m1: string;
  readonly m2: string;
  readonly m3: string;
  readonly m4: string;
  readonly certificate: string;
  readonly list: string;
  readonly listSignature: string;
}
type TextVector = Record<'name' | 'text' | 'expected', string>;
type RefusalVector = Record<'name' | 'direction' | 'state' | 'message' | 'expected', string>;
interface Vectors {
  readonly links: readonly LinkVector[];
  readonly refusals: readonly RefusalVector[];
  readonly codes: readonly TextVector[];
  readonly manualCodes: readonly Record<'drawn' | 'code' | 'lookupId' | 'secret', string>[];
  readonly manualCodeTexts: readonly TextVector[];
}

const vectors: Vectors = JSON.parse(await readFile(file, 'utf8'));
const isOffer = ({ direction }: { direction: string }): boolean => direction === 'offer';
const links = vectors.links.filter(isOffer);

const authorisedDevice = (link: LinkVector): AuthorisedDevice =>
  new AuthorisedDevice(
    {
      expirySeconds: link.expiresAt / 1000,
      host: link.host,
      textExport: link.textExport,
      historyOffered: link.historyOffered,
      ...(link.tlsPin === null ? {} : { tlsPin: fromHex(link.tlsPin) }),
    },
    fromHex(link.authorisedSigningKey),
    {
      ephemeral: fromHex(link.displayed.ephemeral),
      secret: fromHex(link.displayed.secret),
      kemRandomness: fromHex(link.displayed.kemRandomness),
      nonce: fromHex(link.displayed.nonce),
    },
  );
const newDevice = (link: LinkVector): NewDevice =>
  new NewDevice(
    readCode(link.code),
    {
      identity: fromHex(link.newDevice.identityPrivateKey),
      signing: fromHex(link.newDevice.signingKey),
      link: fromHex(link.newDevice.linkKey),
    },
    { name: link.newDevice.name, system: link.newDevice.system },
    {
      ephemeral: fromHex(link.reader.ephemeral),
      kemSeed: fromHex(link.reader.kemSeed),
      nonce: fromHex(link.reader.nonce),
    },
  );

it('has links to make', () => expect(links.length).toBeGreaterThan(0));

describe.each(links)('a recorded link', (link: LinkVector) => {
  it('has this code', () => {
    const { code, codeText } = authorisedDevice(link);
    expect(toHex(code.offer.token)).toBe(link.token);
    expect(codeText).toBe(link.code);
    expect(toHex(sessionId(code.offer.token))).toBe(link.sessionId);
    expect(toHex(contestMac(code))).toBe(link.contest);
  });

  it('has these messages and digits', () => {
    const n = newDevice(link);
    expect(toHex(n.m1)).toBe(link.m1);
    const a = authorisedDevice(link).take(n.m1);
    expect(toHex(a.m2)).toBe(link.m2);
    const shown = n.show(a.m2, fromHex(link.m3));
    expect(shown.digits).toBe(link.digits);
    const m4 = a.approve(fromHex(link.m3), shown.digits, fromHex(link.payload));
    expect(toHex(m4)).toBe(link.m4);
    expect(toHex(shown.open(m4))).toBe(link.payload);
  });

  it('takes a proof that is made anew', () => {
    const n = newDevice(link);
    const a = authorisedDevice(link).take(n.m1);
    const shown = n.show(a.m2);
    expect(toHex(shown.m3)).not.toBe(link.m3);
    const m4 = a.approve(shown.m3, shown.digits, fromHex(link.payload));
    expect(toHex(shown.open(m4))).toBe(link.payload);
  });

  it('ends in this certificate and list', () => {
    const certificate = readCertificate(fromHex(link.certificate));
    const { keys } = newDevice(link);
    expect(toHex(certificate.signing)).toBe(toHex(keys.signing));
    expect(toHex(certificate.identity)).toBe(toHex(keys.identity));
    expect(toHex(certificate.link!)).toBe(toHex(keys.link));
    expect(toHex(certificate.linkSession)).toBe(link.sessionId);
    const list = readList(fromHex(link.list));
    const named = list.entries.map((entry) => toHex(entry.certificate));
    expect(named).toContain(toHex(hash(fromHex(link.certificate))));
    const linkKey = ed25519Public(fromHex(link.authorisedLinkKey));
    expect(ed25519Verify(linkKey, fromHex(link.listSignature), fromHex(link.list))).toBe(true);
  });
});

/** What this implementation says for each kind of refusal that the vectors name. */
const SAYS: Record<string, RegExp> = {
  notAuthentic: /^a box that does not open$/,
  malformed: /^(cut|not an X25519 key|X25519 key of small order|no suites|not a word)$/,
  badProof: /^no proof of the (signing|identity) key$/,
  suiteMismatch: /^a peer without the suite of the token$/,
  badKemKey: /^an ML-KEM key that fails the check$/,
};
const refusalOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
  return 'not refused';
};

describe('what must be refused', () => {
  const link = links[0]!;
  const receive: Record<string, (message: string) => unknown> = {
    offer: (m1) => authorisedDevice(link).take(fromHex(m1)),
    claim: (m2) => newDevice(link).show(fromHex(m2)),
    claimedOffer: (m3) => {
      const n = newDevice(link);
      return authorisedDevice(link).take(n.m1).approve(fromHex(m3), link.digits, fromHex(link.payload));
    },
    awaitedGrant: (m4) => newDevice(link).show(fromHex(link.m2), fromHex(link.m3)).open(fromHex(m4)),
  };
  it.each(vectors.refusals.filter(isOffer))('$state: $name', ({ state, message, expected }) => {
    expect(refusalOf(() => receive[state]!(message))).toMatch(SAYS[expected]!);
  });

  it('wrong digits, and right ones after wrong ones', () => {
    const a = authorisedDevice(link).take(fromHex(link.m1));
    expect(() => a.approve(fromHex(link.m3), '000000', fromHex(link.payload))).toThrow('wrong digits');
    expect(() => a.approve(fromHex(link.m3), link.digits, fromHex(link.payload))).toThrow('digits are compared once');
  });

  it('a second claim', () => {
    const a = authorisedDevice(link);
    a.take(fromHex(link.m1));
    expect(() => a.take(fromHex(link.m1))).toThrow('a code takes one claim');
  });
});

describe('a code', () => {
  const outcomeOf = (text: string): string => {
    const refusal = refusalOf(() => readCode(text));
    if (refusal === 'not refused') return 'offer';
    if (refusal === 'not an offer') return 'request';
    if (refusal === 'not a link code') return 'notALinkCode';
    return refusal === 'a newer program is needed' ? 'newerVersion' : 'damaged';
  };
  it.each(vectors.codes)('$name', ({ text, expected }) => expect(outcomeOf(text)).toBe(expected));
});

describe('a code that is typed', () => {
  it.each(vectors.manualCodes)('$code', ({ drawn, code, lookupId, secret }) => {
    for (const { text, ...keys } of [drawManualCode(fromHex(drawn)), readManualCode(code)]) {
      expect(text).toBe(code);
      expect(toHex(keys.lookup)).toBe(lookupId);
      expect(toHex(keys.secret)).toBe(secret);
    }
  });

  const outcomes: Record<string, string> = {
    'not refused': 'valid',
    'not a manual code': 'notAManualCode',
  };
  it.each(vectors.manualCodeTexts)('$name', ({ text, expected }) => {
    const refusal = refusalOf(() => readManualCode(text));
    expect(outcomes[refusal] ?? refusal).toBe(expected);
  });
});
