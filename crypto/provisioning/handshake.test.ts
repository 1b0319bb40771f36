import { describe, expect, it } from '@jest/globals';
import { chacha20Poly1305Decrypt, chacha20Poly1305Encrypt } from '../backend/libsodium.js';
import { concatenate } from '../bytes.js';
import {
  LinkChannelKey,
  LinkEphemeralPrivateKey,
  LinkKemSeed,
  LinkTranscript,
  parseLinkDigits,
  Plaintext,
  type Bytes,
  type LinkState,
} from '../keys.js';
import { counted } from '../testing/scale.js';
import type { AwaitedGrant } from './grant-receipt.js';
import { decapsulateChannel, openFirstMessage, resumeFirstMessage } from './handshake.js';
import { introductionOf, type NewDevice } from './introduction.js';
import { openBox, sealBox, transcriptOfBox } from './key-schedule.js';
import type { LinkOffer } from './link-offer.js';
import { restoreLinkState } from './link-state.js';
import { makeProof } from './proof.js';
import {
  KEM_SEED,
  REFUSALS,
  anna,
  device,
  firstPlaintext,
  flipped,
  otherDigits,
  own,
  random,
  rogueClaim,
  scannersKeys,
  spoiled,
  thief,
  utf8,
  type FirstFields,
} from './testing/rogue-end.js';
import {
  answer,
  claimOf,
  expectOutcome,
  match,
  offerBy,
  PAYLOAD,
  prove,
  reasonOf,
  scanned,
} from './testing/test-link.js';

/** A new offer each time, the same one for the same seed. */
const fresh = (seed = 'negative'): LinkOffer => offerBy(anna, seed);

const payload = (length: number): Plaintext => Plaintext.of(new Uint8Array(length).fill(1));

const restoredGrant = (record: LinkState): AwaitedGrant => {
  const state = restoreLinkState(record);
  if (state?.kind !== 'awaitedGrant') throw new Error('The record is of another state.');
  return state;
};

describe('M1 of an offer', () => {
  it('P1, P3: swapped or changed by the server, in e, box or length, ends the link', () => {
    const { message } = claimOf(scanned(fresh()), own, 'negative');
    for (const [name, bytes] of spoiled(message))
      expect([name, REFUSALS.includes(reasonOf(fresh().acceptClaim(bytes)))]).toEqual([name, true]);
  });

  it('P1: of a server that knows the token but not the secret does not open', () => {
    const { token } = fresh();
    const secret = scanned(offerBy(anna, 'another')).secret;
    const { message } = claimOf({ token, secret }, own, 'server');
    expect(reasonOf(fresh().acceptClaim(message))).toBe('notAuthentic');
  });

  it.each([
    ['a zero point', new Uint8Array(32)],
    ['a point of order 1', Uint8Array.of(1, ...new Uint8Array(31))],
    ['a point with a second encoding', new Uint8Array(32).fill(0xff)],
  ])('P1: with %s is refused before any agreement', (_, point) => {
    const { message } = claimOf(scanned(fresh()), own, 'negative');
    expect(reasonOf(fresh().acceptClaim(concatenate(point, message.subarray(32))))).toBe('malformed');
  });

  it('P4: claims an offer once, whatever came of it', () => {
    const offer = fresh();
    const { message } = claimOf(scanned(offer), own, 'negative');
    offer.acceptClaim(flipped(message, 50));
    expect(() => offer.acceptClaim(message)).toThrow('has been used');
  });

  it.each<[string, string, Partial<FirstFields>]>([
    ['P9: no suites', 'malformed', { suites: [] }],
    ['P9: another suite', 'suiteMismatch', { suites: [2] }],
    ['P9: suites out of order', 'malformed', { suites: [2, 1] }],
    ['P9: a suite twice', 'malformed', { suites: [1, 1] }],
    ['P9: suite 0', 'malformed', { suites: [0, 1] }],
    ['a KEM key that fails the modulus check', 'badKemKey', { kemKey: new Uint8Array(1_184).fill(0xff) }],
    ['no name', 'malformed', { name: new Uint8Array(0) }],
    ['a name that is not UTF-8', 'malformed', { name: Uint8Array.of(0xff) }],
    ['a name with a mark of direction', 'malformed', { name: utf8.encode('a\u202eb') }],
    ['a name of two lines', 'malformed', { name: utf8.encode('a\nb') }],
    ['a name with blanks around it', 'malformed', { name: utf8.encode(' a ') }],
    ['a name of 129 bytes', 'malformed', { name: utf8.encode('a'.repeat(129)) }],
    ['a system of a byte-order mark', 'malformed', { system: utf8.encode('\ufeff') }],
    [
      'an identity key of small order',
      'malformed',
      { device: { ...device, identityKey: Uint8Array.of(5, ...new Uint8Array(32)) as typeof device.identityKey } },
    ],
  ])('that says %s is refused', (_, reason, change) => {
    const offer = fresh();
    expect(reasonOf(offer.acceptClaim(rogueClaim(offer, firstPlaintext(change)).message))).toBe(reason);
  });

  it('that names suites to come beside this one is taken', () => {
    const offer = fresh();
    expect(reasonOf(offer.acceptClaim(rogueClaim(offer, firstPlaintext({ suites: [1, 2, 9] })).message))).toBe(
      'claimed',
    );
  });

  it('with bytes left over is refused', () => {
    const offer = fresh();
    const longer = concatenate(firstPlaintext({}), Uint8Array.of(0));
    expect(reasonOf(offer.acceptClaim(rogueClaim(offer, longer).message))).toBe('malformed');
  });

  it('is refused, whatever it is made of, without throwing', () => {
    for (let round = 0; round < counted(2_000); round += 1) {
      const offer = fresh();
      const noise = random.bytes(1 + (round % 200) * 10);
      expect(REFUSALS).toContain(reasonOf(offer.acceptClaim(noise)));
      const sealed = fresh();
      expect(reasonOf(sealed.acceptClaim(rogueClaim(sealed, noise).message))).toBe('malformed');
    }
  });
});

describe('M2 of an offer', () => {
  it('P1: swapped or changed by the server, in KEM ciphertext, box or length, ends the link', () => {
    const { claimed } = answer(fresh(), own, 'negative');
    for (const [name, bytes] of spoiled(claimed.message)) {
      const claim = claimOf(scanned(fresh()), own, 'negative');
      expect([name, REFUSALS.includes(reasonOf(claim.acceptAnswer(bytes)))]).toEqual([name, true]);
    }
  });

  it('P1: made by the server, which holds neither the displayed key nor the secret, gives no digits', () => {
    const claim = claimOf(scanned(fresh()), own, 'negative');
    expect('digits' in claim).toBe(false);
    expect(reasonOf(claim.acceptAnswer(random.bytes(1_136)))).toBe('notAuthentic');
    expect(() => claim.acceptAnswer(random.bytes(1_136))).toThrow('has been used');
  });

  it('P4: cannot be made by a thief who photographed the code: he does not hold the displayed key', () => {
    const { token, secret } = scanned(fresh());
    const claim = claimOf({ token, secret }, own, 'victim');
    // Everything that the photograph shows, with a key of the thief's own in place of the displayed one's private half.
    const opened = openFirstMessage({ token, secret }, LinkEphemeralPrivateKey.generate(random), {
      message: claim.message,
      read: () => 'anything',
    });
    expect(reasonOf(opened)).toBe('notAuthentic');
  });

  it('P5: of another genuine link does not fit this one, nor does its M1, M3 or M4', () => {
    const [left, right] = [answer(fresh('left'), own, 'left'), answer(fresh('right'), thief, 'right')];
    expect(reasonOf(claimOf(scanned(fresh('left')), own, 'left').acceptAnswer(right.claimed.message))).toBe(
      'notAuthentic',
    );
    expect(reasonOf(fresh('left').acceptClaim(right.claim.message))).toBe('notAuthentic');
    expect(reasonOf(answer(fresh('left'), own, 'left').claimed.acceptProof(right.awaited.message))).toBe(
      'notAuthentic',
    );
    const granted = match(right).seal(PAYLOAD);
    expect(reasonOf(left.awaited.openGrant(granted.message))).toBe('notAuthentic');
  });

  it('with a nonce of another length is refused', () => {
    const offer = fresh();
    const claim = claimOf(scanned(offer), own, 'short nonce');
    const { claimed } = expectOutcome(offer.acceptClaim(claim.message), 'claimed');
    const restored = claimOf(scanned(fresh()), own, 'short nonce');
    const { ephemeral, kemSeed } = scannersKeys(restored);
    const channel = decapsulateChannel(
      resumeFirstMessage(scanned(fresh()), ephemeral, restored.message),
      kemSeed,
      claimed.message,
    )!;
    const box = sealBox(channel.keys.fromAuthorised, 0, {
      plaintext: new Uint8Array(31),
      associatedData: channel.transcript,
    });
    const short = concatenate(claimed.message.subarray(0, 1_088), box);
    expect(reasonOf(restored.acceptAnswer(short))).toBe('malformed');
  });
});

describe('M3 of an offer', () => {
  it('P5: swapped or changed by the server ends the link', () => {
    const { message } = answer(fresh(), own, 'negative').awaited;
    for (const [name, bytes] of spoiled(message)) {
      const { claimed } = answer(fresh(), own, 'negative');
      expect([name, REFUSALS.includes(reasonOf(claimed.acceptProof(bytes)))]).toEqual([name, true]);
    }
  });

  /** A peer that holds the channel's keys and proves whatever it wants. */
  const prover = (introduced: NewDevice) => {
    const offer = fresh('prover');
    const plaintext = firstPlaintext({ device: introduced });
    const { code, ephemeral, message } = rogueClaim(offer, plaintext);
    const { claimed } = expectOutcome(offer.acceptClaim(message), 'claimed');
    const channel = decapsulateChannel(resumeFirstMessage(code, ephemeral, message), KEM_SEED, claimed.message)!;
    const transcript = transcriptOfBox(channel.transcript, channel.box);
    const send = (proof: Bytes) =>
      reasonOf(claimed.acceptProof(sealBox(channel.keys.fromNew, 0, { plaintext: proof, associatedData: transcript })));
    return { transcript, send };
  };

  it('P5: by the holder of the introduced keys is taken', () => {
    const { transcript, send } = prover(device);
    expect(send(makeProof(own.keys, transcript))).toBe('proven');
  });

  it.each<[string, (transcript: LinkTranscript) => Bytes]>([
    ['by other keys', (transcript) => makeProof(thief.keys, transcript)],
    [
      'by another signing key',
      (transcript) =>
        concatenate(makeProof(thief.keys, transcript).subarray(0, 64), makeProof(own.keys, transcript).subarray(64)),
    ],
    [
      'by another identity key',
      (transcript) =>
        concatenate(makeProof(own.keys, transcript).subarray(0, 64), makeProof(thief.keys, transcript).subarray(64)),
    ],
    ['of another link', () => makeProof(own.keys, LinkTranscript.of(new Uint8Array(32)))],
    ['cut short', (transcript) => makeProof(own.keys, transcript).slice(0, 127)],
    ['of nothing', () => new Uint8Array(0)],
    ['with a byte more', (transcript) => concatenate(makeProof(own.keys, transcript), Uint8Array.of(0))],
  ])('P5: %s proves nothing', (_, proof) => {
    const { transcript, send } = prover(device);
    expect(send(proof(transcript))).toBe('badProof');
  });

  it('P5: proves no keys that were copied from somebody else’s introduction', () => {
    const { transcript, send } = prover(introductionOf(thief));
    expect(send(makeProof(own.keys, transcript))).toBe('badProof');
  });

  it('P4: comes before approval: a claimed offer offers nothing to approve with, and shows nobody’s name', () => {
    const { claimed } = answer(fresh(), own, 'negative');
    for (const member of ['matchDigits', 'certify', 'seal', 'device']) expect(member in claimed).toBe(false);
    expect(JSON.stringify(claimed)).not.toContain(own.name);
  });
});

describe('digits', () => {
  it('P4: typed wrong end the link', () => {
    const driven = answer(fresh(), own, 'negative');
    const proven = prove(driven);
    const digits = driven.awaited.digits!;
    expect(proven.matchDigits(otherDigits(digits)).outcome).toBe('wrongDigits');
    expect(() => proven.matchDigits(digits)).toThrow('has been used');
  });

  it('P4: of a thief who claimed with the photographed code are not the ones on any screen of the victim', () => {
    const offer = fresh();
    const real = claimOf(scanned(offer), own, 'real');
    const thiefs = claimOf(scanned(offer), thief, 'thief');
    const { claimed } = expectOutcome(offer.acceptClaim(thiefs.message), 'claimed');
    expect(reasonOf(real.acceptAnswer(claimed.message))).toBe('notAuthentic');
    expect(claimed.isContest(claimOf(scanned(offer), own, 'real').contest)).toBe(true);
  });

  it('differ from link to link', () => {
    const seen = new Set(
      Array.from(
        { length: counted(1_000) },
        (_, index) => answer(fresh(`digits ${index}`), own, `digits ${index}`).awaited.digits,
      ),
    );
    expect(seen.size).toBe(counted(1_000));
  });

  it.each([
    [' 012 345\n', '012345'],
    ['012345', '012345'],
    ['01234', undefined],
    ['0123456', undefined],
    ['01234a', undefined],
    ['٠١٢٣٤٥', undefined],
  ])('typed as %j are %s', (typed, digits) => {
    expect(parseLinkDigits(typed)).toBe(digits);
  });
});

describe('a contest', () => {
  const driven = answer(fresh(), own, 'negative');
  const { contest } = claimOf(scanned(fresh()), thief, 'contest');

  it('is believed at every step while there is something to stop', () => {
    expect(driven.claimed.isContest(contest)).toBe(true);
    const proven = prove(driven);
    expect(proven.isContest(contest)).toBe(true);
    const { link } = expectOutcome(proven.matchDigits(driven.awaited.digits!), 'matched');
    expect(link.isContest(contest)).toBe(true);
  });

  it.each<[string, Uint8Array]>([
    ['changed', flipped(contest, 3)],
    ['cut', contest.subarray(1)],
    ['of another link', claimOf(scanned(fresh('other contest')), own, 'contest').contest],
    ['of nothing', new Uint8Array(0)],
  ])('P4: that is %s is the server’s invention', (_, invented) => {
    expect(answer(fresh(), own, 'negative').claimed.isContest(invented)).toBe(false);
  });
});

describe('M4', () => {
  it('P1, P12: swapped or changed by the server ends the link', () => {
    const driven = answer(fresh(), own, 'negative');
    const record = driven.awaited;
    const { message } = match(driven).seal(PAYLOAD);
    for (const [name, bytes] of spoiled(message)) {
      // The proof is random, so that the same link cannot be played again: a copy of the state stands for it.
      const copy = restoredGrant(record.export());
      expect([name, reasonOf(copy.openGrant(bytes))]).toEqual([name, 'notAuthentic']);
    }
    expect(reasonOf(record.openGrant(message))).toBe('opened');
  });

  it('holds 12 KiB and no more, and is sealed once', () => {
    const link = match(answer(fresh(), own, 'negative'));
    expect(() => link.seal(payload(12 * 1_024 + 1))).toThrow(RangeError);
    expect(link.seal(payload(12 * 1_024)).message).toHaveLength(12 * 1_024 + 16);
    expect(() => link.seal(PAYLOAD)).toThrow('has been used');
  });

  it('of nothing is refused', () => {
    const driven = answer(fresh(), own, 'negative');
    const state = driven.awaited.export().unwrap();
    // TH4 and k_AN stand before the mark and the digits.
    const [key, transcript] = [state.slice(-39 - 32, -39), state.slice(-39, -7)];
    const box = chacha20Poly1305Encrypt(key, Uint8Array.of(...new Uint8Array(11), 1), new Uint8Array(0), transcript);
    expect(reasonOf(driven.awaited.openGrant(box))).toBe('malformed');
    expect(chacha20Poly1305Decrypt(key, new Uint8Array(12), box, transcript)).toBeUndefined();
  });
});

describe('the boxes', () => {
  it('open under their own key, counter and associated data alone', () => {
    const [fromAuthorised, fromNew] = [LinkChannelKey.generate(random), LinkChannelKey.generate(random)];
    const sealed = { plaintext: Uint8Array.of(1, 2), associatedData: Uint8Array.of(3) };
    const box = sealBox(fromAuthorised, 7, sealed);
    expect(openBox(fromAuthorised, 7, { box, associatedData: sealed.associatedData })).toEqual(sealed.plaintext);
    expect(openBox(fromAuthorised, 8, { box, associatedData: sealed.associatedData })).toBeUndefined();
    expect(openBox(fromNew, 7, { box, associatedData: sealed.associatedData })).toBeUndefined();
    expect(openBox(fromAuthorised, 7, { box, associatedData: Uint8Array.of(4) })).toBeUndefined();
  });
});

describe('P10: the channel', () => {
  it('takes part of its keys from the KEM: with the agreement and the secret known, another KEM secret opens nothing', () => {
    const offer = fresh();
    const { code, ephemeral, message } = rogueClaim(offer, firstPlaintext({}));
    const { claimed } = expectOutcome(offer.acceptClaim(message), 'claimed');
    const open = (seed: LinkKemSeed) => {
      const channel = decapsulateChannel(resumeFirstMessage(code, ephemeral, message), seed, claimed.message)!;
      return openBox(channel.keys.fromAuthorised, 0, { box: channel.box, associatedData: channel.transcript });
    };
    expect(open(KEM_SEED)).toHaveLength(32);
    expect(open(LinkKemSeed.generate(random))).toBeUndefined();
  });

  it('takes part of its keys from the agreement and the secret: with the KEM broken, neither is to be spared', () => {
    const offer = fresh();
    const { code, ephemeral, message } = rogueClaim(offer, firstPlaintext({}));
    const { claimed } = expectOutcome(offer.acceptClaim(message), 'claimed');
    const open = (known: typeof code, key: LinkEphemeralPrivateKey) => {
      const channel = decapsulateChannel(resumeFirstMessage(known, key, message), KEM_SEED, claimed.message)!;
      return openBox(channel.keys.fromAuthorised, 0, { box: channel.box, associatedData: channel.transcript });
    };
    expect(open(code, ephemeral)).toHaveLength(32);
    expect(open({ ...code, secret: scanned(fresh('other secret')).secret }, ephemeral)).toBeUndefined();
    expect(open(code, LinkEphemeralPrivateKey.generate(random))).toBeUndefined();
  });
});
