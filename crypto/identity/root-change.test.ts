import { describe, expect, it } from '@jest/globals';
import {
  LinkKey,
  RecoverySeed,
  type ReceiptPublicKey,
  ReceiptKey,
  ReceiptPublicKey as ReceiptPublicKeyRole,
} from '../keys.js';
import { ed25519PublicKey } from '../backend/libsodium.js';
import { acceptedCorruptions } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { NOW, offer, RULES, testAccount, testDevice } from '../testing/test-account.js';
import { deriveAccountRoot, rootHash } from './account-root.js';
import { verifyChain } from './list-chain.js';
import type { UntrustedStep } from './list-pin.js';
import { verifyNextList, verifyRecoveryList } from './list-rules.js';
import type { ListVerdict, UntrustedList } from './list-verdict.js';
import { epochAfter, signFirstList, startEpoch } from './new-epoch.js';
import { issueReceipt } from './receipt.js';
import {
  parseRootChange,
  rootChangeHash,
  signRootChange,
  verifyRootChange,
  type RootChangeAuthority,
  type UntrustedRootChange,
} from './root-change.js';
import { restoreHead, type VerifiedHead } from './verified-head.js';

const random = seededRandomForTesting('root change');
const alice = testAccount('alice');
const mallory = testAccount('mallory');
const { account, first } = alice;
const tablet = testDevice(account.accountId, 'tablet', { canLink: false });
const stranger = testDevice(account.accountId, 'stranger');

const headOf = (verdict: ListVerdict): VerifiedHead => {
  if (verdict.outcome === 'refused') throw new Error(`This list should be valid, not: ${verdict.reason}.`);
  return verdict.head;
};
const reasonOf = (verdict: ListVerdict): string => (verdict.outcome === 'valid' ? 'valid' : verdict.reason);
const head = headOf(
  verifyNextList(alice.head, offer(alice.next(alice.head, { entries: [first.entry, tablet.entry] }), tablet), RULES),
);

const newSeed = RecoverySeed.generate(random);
const oldSeed = account.recoverySeed;
const byPaper: RootChangeAuthority = { kind: 'recoverySeed', seed: oldSeed };
const byDevice: RootChangeAuthority = {
  kind: 'linkKey',
  deviceId: account.device.deviceId,
  linkKey: account.device.linkKey,
};
const change = (authority: RootChangeAuthority, seed = newSeed, oldRoot = account.root) =>
  signRootChange(seed, { accountId: account.accountId, oldRoot, authority });
const judge = (untrusted: UntrustedRootChange, at = head): string => {
  const verdict = verifyRootChange(at, untrusted);
  return verdict.outcome === 'valid' ? 'valid' : verdict.reason;
};

const firstUnder = (seed: RecoverySeed, epoch: number = NOW, entries = head.list.entries) =>
  signFirstList(seed, { accountId: account.accountId, epoch, entries });
const step = (rootChange: UntrustedRootChange | undefined, list = firstUnder(newSeed)): UntrustedList => ({
  list,
  certificates: [],
  rootChange,
});

describe('a change of root', () => {
  it.each([
    ['the old recovery key', byPaper],
    ['the link key of an active device', byDevice],
  ])('signed by %s and by the new one is valid', (_, authority) => {
    const signed = change(authority);
    expect(verifyRootChange(head, signed)).toEqual({ outcome: 'valid', change: parseRootChange(signed.bytes) });
    expect(parseRootChange(signed.bytes)?.newRoot).toEqual(deriveAccountRoot(newSeed));
    expect(rootChangeHash(signed.bytes)).toEqual(rootChangeHash(change(authority).bytes));
  });

  it.each([
    ['foreignAccount', mallory.head, change(byPaper)],
    ['foreignRoot', head, change(byPaper, newSeed, mallory.account.root)],
    ['formerRoot', head, change(byPaper, oldSeed)],
    ['badSignature', head, change({ kind: 'recoverySeed', seed: mallory.account.recoverySeed })],
    ['badSignature', head, change({ ...byDevice, linkKey: LinkKey.generate(random) })],
    [
      'signerNotListed',
      head,
      change({ kind: 'linkKey', deviceId: stranger.keys.deviceId, linkKey: stranger.keys.linkKey }),
    ],
    [
      'signerCannotLink',
      head,
      change({ kind: 'linkKey', deviceId: tablet.keys.deviceId, linkKey: tablet.keys.linkKey }),
    ],
    ['badSignature', head, { ...change(byPaper), newRootSignature: change(byPaper).signerSignature }],
    ['badSignature', head, { ...change(byPaper), newRootSignature: new Uint8Array(63) }],
    ['badSignature', head, { ...change(byPaper), signerSignature: new Uint8Array(63) }],
    ['badSignature', head, { ...change(byDevice), signerSignature: new Uint8Array(63) }],
    ['malformedRootChange', head, { ...change(byDevice), bytes: new Uint8Array(0) }],
  ])('is refused: %s', (reason, at, untrusted) => {
    expect(judge(untrusted, at)).toBe(reason);
  });

  it.each([
    ['statement', 'bytes'],
    ['signature of the new root', 'newRootSignature'],
    ['signature of the device', 'signerSignature'],
  ] as const)('is refused with any bit of its %s flipped, and at any other length', (_, part) => {
    const signed = change(byDevice);
    const sample = part === 'bytes' ? signed.bytes.slice(-40) : signed[part];
    const whole = (tail: Uint8Array) =>
      part === 'bytes' ? Uint8Array.from([...signed.bytes.subarray(0, -40), ...tail]) : tail;
    expect(acceptedCorruptions(sample, (changed) => judge({ ...signed, [part]: whole(changed) }) === 'valid')).toEqual(
      [],
    );
  });

  it('has no third kind of signer, and no device where the recovery key signs', () => {
    const { bytes } = change(byPaper);
    expect(parseRootChange(bytes)).toBeDefined();
    expect(parseRootChange(bytes.with(-17, 3))).toBeUndefined();
    expect(parseRootChange(bytes.with(-1, 1))).toBeUndefined();
  });
});

describe('the first list under another root', () => {
  it('is followed, with every device that the account has', () => {
    const after = headOf(verifyNextList(head, step(change(byPaper)), RULES));
    expect(after.root).toEqual(deriveAccountRoot(newSeed));
    expect(after.formerRoots).toEqual([rootHash(account.root)]);
    expect(after.devices.map((device) => device.deviceId)).toEqual(head.devices.map((device) => device.deviceId));
  });

  it.each([
    ['without the statement', step(undefined), 'foreignRoot'],
    [
      'with a statement that is refused',
      step(change({ ...byDevice, linkKey: LinkKey.generate(random) })),
      'badSignature',
    ],
    ['with a statement about a third root', step(change(byPaper, RecoverySeed.generate(random))), 'foreignRoot'],
    ['in the present epoch', step(change(byPaper), firstUnder(newSeed, 0)), 'rollback'],
    [
      'with a device that the account does not have',
      {
        ...step(change(byPaper), firstUnder(newSeed, NOW, [first.entry, stranger.entry])),
        certificates: [stranger.certificate],
      },
      'addsDevice',
    ],
  ])('is refused %s', (_, untrusted, reason) => {
    expect(reasonOf(verifyNextList(head, untrusted, RULES))).toBe(reason);
  });

  it('ends the old root for ever: neither its lists nor a way back are taken', () => {
    const after = headOf(verifyNextList(head, step(change(byPaper)), RULES));
    expect(reasonOf(verifyNextList(after, { list: firstUnder(oldSeed, NOW + 1), certificates: [] }, RULES))).toBe(
      'foreignRoot',
    );
    const back = signRootChange(oldSeed, {
      accountId: account.accountId,
      oldRoot: after.root,
      authority: { kind: 'recoverySeed', seed: newSeed },
    });
    expect(judge(back, after)).toBe('formerRoot');
    expect(judge(change(byPaper), after)).toBe('foreignRoot');
  });

  it('is remembered when the head is taken up again', () => {
    const after = headOf(verifyNextList(head, step(change(byPaper)), RULES));
    const restored = restoreHead({
      root: after.root,
      list: after.bytes,
      certificates: after.devices.map((device) => device.bytes),
      formerRoots: after.formerRoots,
    });
    expect(restored.formerRoots).toEqual(after.formerRoots);
    const epochLater = headOf(
      verifyNextList(restored, { list: firstUnder(newSeed, NOW + 1), certificates: [] }, RULES),
    );
    expect(epochLater.formerRoots).toEqual(after.formerRoots);
  });

  it('is followed in a chain from the pin, and newcomers begin with it', () => {
    const receiptKey = ReceiptKey.generate(random);
    const publicKey: ReceiptPublicKey = ReceiptPublicKeyRole.of(ed25519PublicKey(receiptKey.unwrap()));
    const after = headOf(verifyNextList(head, step(change(byDevice)), RULES));
    const certificates = [account.certificate, tablet.certificate];
    const receipted: UntrustedStep = {
      list: { bytes: after.bytes, signature: step(undefined).list.signature },
      certificates,
      rootChange: change(byDevice),
      receipt: issueReceipt(receiptKey, account.accountId, after.place, NOW),
    };
    const signedStep = { ...receipted, list: firstUnder(newSeed) };
    expect(verifyChain(head, publicKey, [signedStep])).toMatchObject({ outcome: 'verified', passed: [after.place] });
    const newcomer = { accountId: account.accountId, root: deriveAccountRoot(newSeed) };
    expect(verifyChain(newcomer, publicKey, [signedStep])).toMatchObject({ outcome: 'verified' });
    expect(verifyChain({ ...newcomer, root: account.root }, publicKey, [signedStep])).toMatchObject({
      reason: 'foreignRoot',
    });
  });
});

describe('a new epoch', () => {
  const newcomer = testDevice(account.accountId, 'newcomer');
  const started = (epoch: number, device = newcomer.keys) =>
    startEpoch(oldSeed, { accountId: account.accountId, epoch, device, issuedAt: NOW });
  const recover = (epoch: number, device = newcomer.keys) => {
    const { list, certificate } = started(epoch, device);
    return verifyRecoveryList(head, { list, certificates: [certificate] }, RULES);
  };

  it("is the server's time, or one more than the epoch before", () => {
    expect(epochAfter(0, NOW)).toBe(NOW);
    expect(epochAfter(NOW + 5, NOW)).toBe(NOW + 6);
  });

  it('leaves the acting device alone, a new one or an old one with a new link key', () => {
    expect(headOf(recover(NOW)).devices.map((device) => device.deviceId)).toEqual([newcomer.keys.deviceId]);
    const kept = { ...account.device, linkKey: LinkKey.generate(random) };
    const [device] = headOf(recover(NOW, kept)).devices;
    expect(device?.deviceId).toBe(account.device.deviceId);
    expect(device?.linkKey).not.toEqual(first.keys.linkKey);
  });

  it('is no recovery with two devices, without a new epoch, or with a refused list', () => {
    const two = { list: firstUnder(oldSeed), certificates: [] };
    expect(reasonOf(verifyNextList(head, two, RULES))).toBe('valid');
    expect(reasonOf(verifyRecoveryList(head, two, RULES))).toBe('notAlone');
    const removal = alice.next(head, { entries: [first.entry] });
    expect(reasonOf(verifyRecoveryList(head, { list: removal, certificates: [] }, RULES))).toBe('notFirst');
    expect(reasonOf(recover(NOW + 2 * 86_400_000))).toBe('epochAhead');
  });

  it('is no way to another root', () => {
    expect(
      reasonOf(verifyRecoveryList(head, step(change(byPaper), firstUnder(newSeed, NOW, [first.entry])), RULES)),
    ).toBe('foreignRoot');
  });
});
