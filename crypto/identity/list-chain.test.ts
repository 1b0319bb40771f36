import { describe, expect, it } from '@jest/globals';
import { ed25519PublicKey } from '../backend/libsodium.js';
import { ReceiptKey, ReceiptPublicKey } from '../keys.js';
import { acceptedCorruptions } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { at, NOW, offer, testAccount, testDevice, type ListChange, type TestDevice } from '../testing/test-account.js';
import { listHash, parseDeviceList, type ListPlace } from './device-list.js';
import { verifyChain, type ChainVerdict } from './list-chain.js';
import { advanceHead, beginHead, type UntrustedStep } from './list-pin.js';
import type { SignedDeviceList } from './list-signature.js';
import { issueReceipt } from './receipt.js';
import type { VerifiedHead } from './verified-head.js';

const DAY_MS = 24 * 3_600_000;
const random = seededRandomForTesting('chain');
const serverKey = ReceiptKey.generate(random);
const SERVER = ReceiptPublicKey.of(ed25519PublicKey(serverKey.unwrap()));
const otherKey = ReceiptKey.generate(random);

const alice = testAccount('alice');
const { account, first } = alice;
const mallory = testAccount('mallory');
const phone = testDevice(account.accountId, 'phone');
const tablet = testDevice(account.accountId, 'tablet');

const placeOf = ({ bytes }: SignedDeviceList): ListPlace => {
  const list = parseDeviceList(bytes);
  if (list === undefined) throw new Error('This list should parse.');
  return { epoch: list.epoch, number: list.number, hash: listHash(bytes) };
};

/** A list with the server's receipt, as the server gives it out. */
const step = (
  list: SignedDeviceList,
  devices: readonly TestDevice[] = [],
  { key = serverKey, time = NOW } = {},
): UntrustedStep => ({
  ...offer(list, ...devices),
  receipt: issueReceipt(key, account.accountId, placeOf(list), time),
});

const verified = (verdict: ChainVerdict): VerifiedHead => {
  if (verdict.outcome !== 'verified') throw new Error(`This chain should verify, not: ${verdict.outcome}.`);
  return verdict.head;
};
const follow = (
  head: VerifiedHead,
  change: ListChange,
  devices: readonly TestDevice[] = [],
): [UntrustedStep, VerifiedHead] => {
  const next = step(alice.next(head, change), devices);
  return [next, verified(verifyChain(head, SERVER, [next]))];
};

const genesis = step(account.genesis, [first]);
const [added, pair] = follow(alice.head, { entries: [first.entry, phone.entry] }, [phone]);
const [grown, trio] = follow(pair, { entries: [first.entry, phone.entry, tablet.entry] }, [tablet]);
const [removed, duo] = follow(trio, { entries: [first.entry, tablet.entry] });
const epochChange: ListChange = {
  epoch: NOW,
  number: 0,
  previousHash: undefined,
  signer: { kind: 'accountIdentityKey' },
  entries: [first.entry],
};
const [recovered, fresh] = follow(duo, epochChange);

describe('verifyChain', () => {
  it('goes from the root of an account to its newest list', () => {
    const verdict = verifyChain(account, SERVER, [genesis, added, grown, removed, recovered]);
    expect(verified(verdict).place).toEqual(fresh.place);
    expect(verdict).toMatchObject({
      passed: [
        { ...alice.head.place, step: genesis },
        { ...pair.place, step: added },
        { ...trio.place, step: grown },
        { ...duo.place, step: removed },
        { ...fresh.place, step: recovered },
      ],
    });
  });

  it('begins at the newest list that the account identity key signed', () => {
    expect(verified(verifyChain(account, SERVER, [step(alice.next(duo, epochChange), [first])])).place).toEqual(
      fresh.place,
    );
  });

  it('goes on from a pin, and from a pin of an epoch that has ended', () => {
    expect(verified(verifyChain(pair, SERVER, [grown, removed])).place).toEqual(duo.place);
    expect(verified(verifyChain(alice.head, SERVER, [recovered])).place).toEqual(fresh.place);
  });

  it('stays where it is when there is nothing new', () => {
    expect(verifyChain(pair, SERVER, [])).toEqual({ outcome: 'verified', head: pair, passed: [] });
    expect(verifyChain(pair, SERVER, [added])).toEqual({ outcome: 'verified', head: pair, passed: [] });
  });

  it.each<[string, VerifiedHead | typeof account, readonly UntrustedStep[], object]>([
    ['nothing at all', account, [], { reason: 'empty', step: 0 }],
    ['a step that is left out', alice.head, [added, removed], { reason: 'gap', step: 1 }],
    ['steps out of order', alice.head, [grown, added], { reason: 'gap', step: 0 }],
    ['a beginning that AIK did not sign', account, [added], { reason: 'notFirst', step: 0 }],
    ['a genesis without its certificate', account, [step(account.genesis)], { reason: 'missingCertificate', step: 0 }],
    [
      'a receipt by another key',
      alice.head,
      [step(alice.next(alice.head, {}), [], { key: otherKey })],
      { reason: 'badReceipt', step: 0 },
    ],
    [
      'the receipt of another list',
      alice.head,
      [{ ...added, receipt: grown.receipt }],
      { reason: 'badReceipt', step: 0 },
    ],
    [
      'a list of somebody else',
      alice.head,
      [{ ...added, list: mallory.account.genesis }],
      { reason: 'foreignAccount', step: 0 },
    ],
    [
      'bytes that are no list',
      alice.head,
      [{ ...added, list: { ...added.list, bytes: new Uint8Array(9) } }],
      { reason: 'malformed', step: 0 },
    ],
    [
      'an empty list',
      account,
      [{ ...genesis, list: { ...genesis.list, bytes: new Uint8Array(0) } }],
      { reason: 'malformed', step: 0 },
    ],
  ])('refuses %s', (_, start, steps, refusal) => {
    expect(verifyChain(start, SERVER, steps)).toEqual({ outcome: 'refused', ...refusal });
  });

  it('is all or nothing: one bad step among good ones moves no pin', () => {
    const verdict = verifyChain(alice.head, SERVER, [added, grown, { ...removed, receipt: added.receipt }]);
    expect(verdict).toEqual({ outcome: 'refused', reason: 'badReceipt', step: 2 });
  });

  it('refuses every flipped bit and every cut of a receipt', () => {
    const accepted = acceptedCorruptions(added.receipt.signature, (signature) => {
      const changed = { ...added, receipt: { ...added.receipt, signature } };
      return verifyChain(alice.head, SERVER, [changed]).outcome === 'verified';
    });
    expect(accepted).toEqual([]);
  });

  it('refuses an epoch a day beyond its receipt, so that nobody can shut out every later one', () => {
    const ahead = alice.next(duo, { ...epochChange, epoch: NOW + DAY_MS + 1 });
    expect(verifyChain(duo, SERVER, [step(ahead)])).toEqual({ outcome: 'refused', reason: 'epochAhead', step: 0 });
    expect(verifyChain(duo, SERVER, [step(ahead, [], { time: at(NOW + 1) })]).outcome).toBe('verified');
  });
});

describe('a step against a pin', () => {
  const rival = alice.next(alice.head, { entries: [first.entry, tablet.entry] });

  it('below it is told apart by its place, for the history to judge', () => {
    expect(advanceHead(duo, SERVER, added)).toEqual({ outcome: 'behind', place: pair.place });
    expect(advanceHead(fresh, SERVER, removed)).toEqual({ outcome: 'behind', place: duo.place });
    expect(verifyChain(duo, SERVER, [added])).toEqual({ outcome: 'behind', place: pair.place });
  });

  it('P6: of the same place with another hash is a fork, for both lists are receipted', () => {
    const forked = step(rival, [tablet]);
    expect(advanceHead(pair, SERVER, forked)).toEqual({ outcome: 'fork', place: placeOf(rival) });
    expect(verifyChain(pair, SERVER, [forked])).toEqual({ outcome: 'fork', place: placeOf(rival) });
    expect(verifyChain(alice.head, SERVER, [added, forked])).toEqual({ outcome: 'fork', place: placeOf(rival) });
  });

  it('is no fork without a receipt: a peer alone cannot freeze a conversation', () => {
    const claimed = step(rival, [tablet], { key: otherKey });
    expect(advanceHead(pair, SERVER, claimed)).toEqual({ outcome: 'refused', reason: 'badReceipt' });
  });

  it('is a fork even if it would not verify: the receipt is the evidence', () => {
    expect(advanceHead(pair, SERVER, step(rival)).outcome).toBe('fork');
  });

  it('is followed into a new epoch after a fork', () => {
    const verdict = advanceHead(pair, SERVER, step(alice.next(pair, epochChange)));
    expect(verdict.outcome).toBe('advanced');
  });

  it('on the other branch of a fork does not continue the pin', () => {
    const branch = verified(verifyChain(alice.head, SERVER, [step(rival, [tablet])]));
    const onBranch = step(alice.next(branch, { entries: [first.entry] }));
    expect(advanceHead(pair, SERVER, onBranch)).toEqual({ outcome: 'refused', reason: 'wrongPrevious' });
  });

  it('that begins needs a receipt as well', () => {
    expect(beginHead(account, SERVER, genesis).outcome).toBe('advanced');
    expect(beginHead(account, SERVER, step(account.genesis, [first], { key: otherKey }))).toEqual({
      outcome: 'refused',
      reason: 'badReceipt',
    });
  });
});
