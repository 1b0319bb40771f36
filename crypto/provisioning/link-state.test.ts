import { describe, expect, it } from '@jest/globals';
import { LinkState } from '../keys.js';
import { corruptions } from '../testing/corruption.js';
import { sampled } from '../testing/scale.js';
import { restoreLinkState, type AuthorisedLinkState, type NewDeviceLinkState } from './link-state.js';
import { generateManualCode } from './manual-code.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import {
  account,
  certified,
  claimOf,
  expectOutcome,
  newDevice,
  offerBy,
  PAYLOAD,
  reasonOf,
  requestBy,
  scanned,
  scannedRequest,
  scanOf,
} from './testing/test-link.js';

const anna = account('anna');
const own = newDevice('laptop');

type AnyState = AuthorisedLinkState | NewDeviceLinkState;

/** The state after its end was killed and started again; the test fails where it is another one. */
const restarted = <State extends AnyState>(state: State): State => {
  const record = state.export();
  const restored = restoreLinkState(record);
  if (restored?.kind !== state.kind)
    throw new Error(`The record of a ${state.kind} became ${restored?.kind ?? 'nothing'}.`);
  expect(restored.export().unwrap()).toEqual(record.unwrap());
  return restored as State;
};

describe('a link whose ends are killed at every step', () => {
  it('is completed where the authorised device displays', () => {
    const manualCode = generateManualCode(seededRandomForTesting('restart'));
    const offer = restarted(offerBy(anna, 'restart', { manualCode }));
    expect(offer.manualCode?.unwrap()).toEqual(manualCode.unwrap());
    const claim = restarted(claimOf(scanned(offer), own, 'restart'));
    const claimed = restarted(expectOutcome(offer.acceptClaim(claim.message), 'claimed').claimed);
    expect(claimed.token).toEqual(offer.token);
    const awaited = restarted(expectOutcome(claim.acceptAnswer(claimed.message), 'answered').awaited);
    const proven = restarted(expectOutcome(claimed.acceptProof(awaited.message), 'proven').proven);
    expect(proven.token).toEqual(offer.token);
    expect(proven.device.name).toBe(own.name);
    const link = restarted(expectOutcome(proven.matchDigits(awaited.digits!), 'matched').link);
    const grant = certified(link, anna);
    const granted = restarted(link.seal(PAYLOAD));
    expect(granted.sessionId).toEqual(claim.token.sessionId);
    const received = restarted(expectOutcome(awaited.openGrant(granted.message), 'opened').received);
    expect(received.payload).toEqual(PAYLOAD);
    expect(reasonOf(received.verify({ head: anna.head, ...grant }))).toBe('joinable');
  });

  it('is completed where the new device displays', () => {
    const request = restarted(requestBy(own, 'restart'));
    const scan = restarted(scanOf(scannedRequest(request), 'restart'));
    const answered = restarted(expectOutcome(request.acceptScan(scan.message), 'answered').answered);
    const shown = restarted(expectOutcome(scan.acceptAnswer(answered.message), 'answered').answered);
    expect(shown.token).toEqual(scan.token);
    const awaited = restarted(expectOutcome(answered.typeDigits(shown.digits), 'matched').awaited);
    expect(awaited.token).toEqual(request.token);
    const link = restarted(expectOutcome(shown.acceptConfirmation(awaited.message), 'matched').link);
    const grant = certified(link, anna);
    const { received } = expectOutcome(awaited.openGrant(restarted(link.seal(PAYLOAD)).message), 'opened');
    expect(reasonOf(received.verify({ head: anna.head, ...grant }))).toBe('joinable');
  });
});

describe('a restored state', () => {
  it('answers the same input by the same bytes', () => {
    const offer = offerBy(anna, 'same');
    const record = offer.export();
    const { message } = claimOf(scanned(offer), own, 'same');
    const answers = [1, 2].map(() => {
      const restored = restoreLinkState(record);
      if (restored?.kind !== 'offer') throw new Error('The record is of another state.');
      return expectOutcome(restored.acceptClaim(message), 'claimed').claimed;
    });
    expect(answers[0]!.message).toEqual(answers[1]!.message);
    expect(answers[0]!.export().unwrap()).toEqual(answers[1]!.export().unwrap());
  });

  it('sends again what was made, and never makes another under the same key', () => {
    const offer = offerBy(anna, 'again');
    const claim = claimOf(scanned(offer), own, 'again');
    const { claimed } = expectOutcome(offer.acceptClaim(claim.message), 'claimed');
    const { awaited } = expectOutcome(claim.acceptAnswer(claimed.message), 'answered');
    // The proof is random, so what counts is that the record holds the message itself.
    expect(restarted(awaited).message).toEqual(awaited.message);
    expect(restarted(claimed).message).toEqual(claimed.message);
    for (const spent of [offer, claim]) expect(() => spent.export()).toThrow('has been used');
  });

  it('prints nothing of what it holds', () => {
    const record = offerBy(anna, 'print').export();
    expect(String(record)).toBe('[link state]');
    expect(JSON.stringify({ record, state: offerBy(anna, 'print') })).not.toMatch(/[0-9a-f]{32}/);
  });
});

describe('restoreLinkState', () => {
  it.each([
    ['a record of another version', [2, 1]],
    ['a record of no state', [1, 99]],
    ['the beginning of a record', [1, 1]],
    ['half a header', [1]],
  ])('does not take %s for a state', (_, bytes) => {
    expect(restoreLinkState(LinkState.of(Uint8Array.from(bytes)))).toBeUndefined();
  });

  it('takes no record whose token is none', () => {
    const offer = offerBy(anna, 'token');
    const claim = claimOf(scanned(offer), own, 'token');
    const { claimed } = expectOutcome(offer.acceptClaim(claim.message), 'claimed');
    const { awaited } = expectOutcome(claim.acceptAnswer(claimed.message), 'answered');
    const record = awaited.export().unwrap();
    const { proven } = expectOutcome(claimed.acceptProof(awaited.message), 'proven');
    const { link } = expectOutcome(proven.matchDigits(awaited.digits!), 'matched');
    // Version, kind and the length of the token stand before its first byte.
    for (const bytes of [record, link.export().unwrap()])
      expect(restoreLinkState(LinkState.of(bytes.with(4, 9)))).toBeUndefined();
  });

  it('takes no record that was cut or that has more, and never throws on a damaged one', () => {
    const offer = offerBy(anna, 'damage');
    const claim = claimOf(scanned(offer), own, 'damage');
    const records = [offer.export(), claim.export(), requestBy(own, 'damage').export()];
    for (const record of records) {
      const changed = [...corruptions(record.unwrap())].filter(({ bytes }) => bytes.length > 0);
      for (const index of sampled(changed.length, 60)) {
        const { name, bytes } = changed[index]!;
        const restored = restoreLinkState(LinkState.of(bytes));
        if (bytes.length !== record.unwrap().length) expect([name, restored]).toEqual([name, undefined]);
      }
    }
  });
});
