import { describe, expect, it } from '@jest/globals';
import { ListHash } from '../keys.js';
import { acceptedCorruptions } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import {
  at,
  NOW,
  offer,
  RULES,
  testAccount,
  testDevice,
  type ListChange,
  type TestDevice,
} from '../testing/test-account.js';
import { createAccount } from './account.js';
import { deriveAccountRoot, rootHash } from './account-root.js';
import type { SignedDeviceList } from './list-signature.js';
import { verifyFirstList, verifyGenesis, verifyNextList } from './list-rules.js';
import type { ListRefusal, ListRules, ListVerdict, UntrustedList } from './list-verdict.js';
import { VerifiedHead } from './verified-head.js';

const DAY_MS = 24 * 3_600_000;

const alice = testAccount('alice');
const { account, first } = alice;
const phone = testDevice(account.accountId, 'phone');
const tablet = testDevice(account.accountId, 'tablet', { canLink: false });
const laptops = Array.from({ length: 5 }, (_, index) => testDevice(account.accountId, `laptop ${index}`));
const mallory = testAccount('mallory');

const reasonOf = (verdict: ListVerdict): ListRefusal | 'valid' =>
  verdict.outcome === 'valid' ? 'valid' : verdict.reason;

const headOf = (verdict: ListVerdict): VerifiedHead => {
  if (verdict.outcome === 'refused') throw new Error(`This list should be valid, not: ${verdict.reason}.`);
  return verdict.head;
};

/** A verified head with these devices beside the first one. */
const headWith = (...devices: readonly TestDevice[]): VerifiedHead => {
  const entries = [first, ...devices].map((device) => device.entry);
  return headOf(verifyNextList(alice.head, offer(alice.next(alice.head, { entries }), ...devices), RULES));
};

/** A head as if its list had this number, for the rules about how many lists an epoch may have. */
const numbered = (head: VerifiedHead, number: number): VerifiedHead =>
  new VerifiedHead({
    accountId: head.accountId,
    root: head.root,
    list: { ...head.list, number },
    bytes: head.bytes,
    devices: head.devices,
  });

const trio = headWith(phone, tablet);

/** What the next list after `head` is taken for. */
const judge = (head: VerifiedHead, change: ListChange, devices: readonly TestDevice[] = [], rules: ListRules = RULES) =>
  reasonOf(verifyNextList(head, offer(alice.next(head, change), ...devices), rules));

const signedBy = (device: TestDevice, kind: 'linkKey' | 'deviceSigningKey'): ListChange => ({
  signer: { kind, deviceId: device.keys.deviceId },
  key: kind === 'linkKey' ? device.keys.linkKey : device.keys.signingKey,
});
const without = (head: VerifiedHead, ...gone: readonly TestDevice[]): Pick<ListChange, 'entries'> => ({
  entries: head.list.entries.filter((entry) => !gone.some((device) => device.keys.deviceId === entry.deviceId)),
});
const newEpoch = (epoch: number, change: ListChange = {}): ListChange => ({
  epoch,
  number: 0,
  previousHash: undefined,
  signer: { kind: 'accountIdentityKey' },
  entries: [first.entry],
  ...change,
});

describe('verifyGenesis', () => {
  const genesis: UntrustedList = { list: account.genesis, certificates: [account.certificate] };

  it('takes the list that registration makes', () => {
    const head = headOf(verifyGenesis(account, genesis, RULES));
    expect(head.place).toMatchObject({ epoch: 0, number: 0 });
    expect(head.devices.map((device) => device.deviceId)).toEqual([account.device.deviceId]);
  });

  it('refuses every flipped bit and every cut of the list', () => {
    const accepted = acceptedCorruptions(account.genesis.bytes, (bytes) => {
      const list = { ...account.genesis, bytes };
      return verifyGenesis(account, { ...genesis, list }, RULES).outcome === 'valid';
    });
    expect(accepted).toEqual([]);
  });

  it('refuses every flipped bit and every cut of the signature', () => {
    const accepted = acceptedCorruptions(account.genesis.signature, (signature) => {
      const list = { ...account.genesis, signature };
      return verifyGenesis(account, { ...genesis, list }, RULES).outcome === 'valid';
    });
    expect(accepted).toEqual([]);
  });

  it('refuses a genesis of another account', () => {
    expect(reasonOf(verifyGenesis(mallory.account, genesis, RULES))).toBe('foreignAccount');
  });

  it('refuses a root that is not the one which the list names: a swapped AIK or recovery key', () => {
    const { accountId, root } = account;
    const foreign = mallory.account.root;
    for (const swapped of [
      foreign,
      { ...root, accountIdentityKey: foreign.accountIdentityKey },
      { ...root, recoveryPublicKey: foreign.recoveryPublicKey },
    ])
      expect(reasonOf(verifyGenesis({ accountId, root: swapped }, genesis, RULES))).toBe('foreignRoot');
  });

  it('refuses the signature of a key that is not the account identity key', () => {
    const { bytes } = account.genesis;
    const list = { bytes, signature: mallory.account.genesis.signature };
    expect(reasonOf(verifyGenesis(account, { ...genesis, list }, RULES))).toBe('badSignature');
    const byDevice = alice.next(alice.head, newEpoch(0, signedBy(first, 'linkKey')));
    expect(reasonOf(verifyGenesis(account, offer(byDevice, first), RULES))).toBe('notFirst');
  });

  const anew = (change: ListChange) => alice.next(alice.head, newEpoch(0, change));

  it.each<[string, SignedDeviceList, readonly TestDevice[], ListRefusal]>([
    ['a higher epoch', anew({ epoch: 1 }), [first], 'notGenesis'],
    ['two devices', anew({ entries: [first.entry, phone.entry] }), [first, phone], 'notGenesis'],
    ['no device', anew({ entries: [] }), [], 'noLinkKey'],
    ['a device that can link no other', anew({ entries: [tablet.entry] }), [tablet], 'noLinkKey'],
    ['number 1', anew({ number: 1 }), [first], 'notFirst'],
    ['a list before it', anew({ previousHash: alice.head.hash }), [first], 'notFirst'],
    ['no certificate', anew({}), [], 'missingCertificate'],
    ['the certificate of another device', anew({}), [phone], 'missingCertificate'],
  ])('refuses %s', (_, list, devices, reason) => {
    expect(reasonOf(verifyGenesis(account, offer(list, ...devices), RULES))).toBe(reason);
  });

  it('refuses a certificate whose signatures do not verify', () => {
    const certificate = { ...account.certificate, ikSignature: mallory.account.certificate.ikSignature };
    expect(reasonOf(verifyGenesis(account, { list: account.genesis, certificates: [certificate] }, RULES))).toBe(
      'badCertificate',
    );
  });

  it("refuses another account's certificate, though the list names its hash", () => {
    const entries = [mallory.first.entry];
    expect(reasonOf(verifyGenesis(account, offer(anew({ entries }), mallory.first), RULES))).toBe('foreignCertificate');
  });

  it("refuses another device's certificate under this device's id", () => {
    const entries = [{ deviceId: first.keys.deviceId, certificateHash: phone.entry.certificateHash }];
    expect(reasonOf(verifyGenesis(account, offer(anew({ entries }), phone), RULES))).toBe('foreignCertificate');
  });
});

describe('verifyFirstList', () => {
  const list = (change: ListChange, ...devices: readonly TestDevice[]) =>
    offer(alice.next(alice.head, change), ...devices);

  it('takes any epoch that the account identity key signed, for those who know nothing but the root', () => {
    const head = headOf(verifyFirstList(account, list(newEpoch(NOW), first), RULES));
    expect(head.place).toMatchObject({ epoch: NOW, number: 0 });
  });

  it('refuses an epoch more than a day after the list was taken', () => {
    const judgeEpoch = (epoch: number) => reasonOf(verifyFirstList(account, list(newEpoch(epoch), first), RULES));
    expect(judgeEpoch(NOW + DAY_MS)).toBe('valid');
    expect(judgeEpoch(NOW + DAY_MS + 1)).toBe('epochAhead');
  });

  it('refuses more devices than there may be', () => {
    const entries = [first, phone].map((device) => device.entry);
    const rules = { ...RULES, mostDevices: 1 };
    const two = list(newEpoch(1, { entries }), first, phone);
    expect(reasonOf(verifyFirstList(account, two, rules))).toBe('tooManyDevices');
    expect(reasonOf(verifyFirstList(account, two, { ...RULES, mostDevices: 2 }))).toBe('valid');
  });

  it('refuses bytes that are no list', () => {
    const nothing = { list: { bytes: new Uint8Array(0), signature: new Uint8Array(64) }, certificates: [] };
    expect(reasonOf(verifyFirstList(account, nothing, RULES))).toBe('malformed');
    expect(reasonOf(verifyNextList(alice.head, nothing, RULES))).toBe('malformed');
  });
});

describe('verifyNextList takes', () => {
  it('a device that a link key adds', () => {
    const head = headOf(
      verifyNextList(alice.head, offer(alice.next(alice.head, { entries: [first.entry, phone.entry] }), phone), RULES),
    );
    expect(head.devices).toHaveLength(2);
    expect(head.place).toMatchObject({ epoch: 0, number: 1 });
  });

  it('a link key of any listed device', () => {
    expect(judge(trio, { ...signedBy(phone, 'linkKey'), ...without(trio, first) })).toBe('valid');
  });

  it('a device that removes itself with its signing key, also one that cannot link', () => {
    expect(judge(trio, { ...signedBy(tablet, 'deviceSigningKey'), ...without(trio, tablet) })).toBe('valid');
  });

  it('the last device with a link key removing itself, by either key', () => {
    const pair = headOf(verifyNextList(trio, offer(alice.next(trio, without(trio, phone))), RULES));
    expect(judge(pair, { ...signedBy(first, 'deviceSigningKey'), ...without(pair, first) })).toBe('valid');
    expect(judge(pair, { ...signedBy(first, 'linkKey'), ...without(pair, first) })).toBe('valid');
    expect(judge(alice.head, { ...signedBy(first, 'deviceSigningKey'), entries: [] })).toBe('valid');
  });

  it('another certificate for a listed device, from a link key: it may get a new link key', () => {
    const renewed = testDevice(account.accountId, 'tablet');
    expect(renewed.keys.deviceId).toBe(tablet.keys.deviceId);
    const list = alice.next(trio, { entries: [first.entry, phone.entry, renewed.entry] });
    const head = headOf(verifyNextList(trio, offer(list, renewed), RULES));
    expect(trio.findDevice(tablet.keys.deviceId)?.linkKey).toBeUndefined();
    expect(head.findDevice(tablet.keys.deviceId)?.linkKey).toBeDefined();
  });

  it('a new epoch that the account identity key signs, whatever the number before', () => {
    expect(judge(trio, newEpoch(1))).toBe('valid');
    expect(judge(trio, newEpoch(NOW, { entries: [phone.entry] }))).toBe('valid');
    expect(judge(trio, newEpoch(NOW, { entries: [laptops[0]!.entry] }), [laptops[0]!])).toBe('valid');
  });

  it('certificates that nobody asked for, without looking at them', () => {
    const list = alice.next(trio, without(trio, phone));
    const rubbish = { ...phone.certificate, bytes: new Uint8Array(0), ikSignature: new Uint8Array(64) };
    const certificates = [rubbish, mallory.account.certificate];
    expect(reasonOf(verifyNextList(trio, { list, certificates }, RULES))).toBe('valid');
  });
});

describe('verifyNextList refuses', () => {
  it.each<[string, ListChange, ListRefusal]>([
    ['the head itself', { number: 1, previousHash: alice.head.hash }, 'rollback'],
    ['a lower number', { number: 0 }, 'rollback'],
    ['a number that skips one', { number: 3 }, 'gap'],
    ['another list before it', { previousHash: alice.head.hash }, 'wrongPrevious'],
    ['no list before it', { previousHash: undefined }, 'wrongPrevious'],
    ['the account identity key within an epoch', { signer: { kind: 'accountIdentityKey' } }, 'wrongSigner'],
    ['a new epoch by a link key', { epoch: 1, number: 0, previousHash: undefined }, 'notFirst'],
    ['a new epoch that continues the number', newEpoch(1, { number: 2 }), 'notFirst'],
    ['a new epoch that names a list before it', newEpoch(1, { previousHash: trio.hash }), 'notFirst'],
    ['a new epoch a day ahead', newEpoch(NOW + DAY_MS + 1), 'epochAhead'],
    ['a new epoch without a device that can link', newEpoch(1, { entries: [tablet.entry] }), 'noLinkKey'],
    ['a signer that is not listed', signedBy(laptops[0]!, 'linkKey'), 'signerNotListed'],
    ['a signer that cannot link', signedBy(tablet, 'linkKey'), 'signerCannotLink'],
    ['a signature by another link key', { key: phone.keys.linkKey }, 'badSignature'],
    [
      'a signing key that removes another device',
      { ...signedBy(phone, 'deviceSigningKey'), ...without(trio, tablet) },
      'overreach',
    ],
    [
      'a signing key that removes itself and another',
      { ...signedBy(phone, 'deviceSigningKey'), ...without(trio, phone, tablet) },
      'overreach',
    ],
    ['a signing key that changes nothing', signedBy(phone, 'deviceSigningKey'), 'overreach'],
    [
      'a signing key that takes its leave and brings another in',
      { ...signedBy(tablet, 'deviceSigningKey'), entries: [first.entry, phone.entry, laptops[0]!.entry] },
      'overreach',
    ],
    [
      'a signing key that leaves and exchanges a certificate',
      {
        ...signedBy(tablet, 'deviceSigningKey'),
        entries: [{ ...first.entry, certificateHash: phone.entry.certificateHash }, phone.entry],
      },
      'overreach',
    ],
    ['a list without any link key', without(trio, first, phone), 'noLinkKey'],
    ['an empty list, where others are removed as well', { entries: [] }, 'noLinkKey'],
    [
      'a device whose certificate is not there',
      { entries: [...trio.list.entries, laptops[0]!.entry] },
      'missingCertificate',
    ],
  ])('%s', (_, change, reason) => {
    expect(judge(trio, change)).toBe(reason);
  });

  it('a list of another account or root', () => {
    expect(judge(trio, { accountId: mallory.account.accountId })).toBe('foreignAccount');
    const other = deriveAccountRoot(mallory.account.recoverySeed);
    expect(judge(trio, { root: rootHash(other) })).toBe('foreignRoot');
  });

  it('an epoch that is lower, also by the account identity key', () => {
    const later = headOf(verifyNextList(trio, offer(alice.next(trio, newEpoch(5))), RULES));
    expect(judge(later, newEpoch(4))).toBe('rollback');
    expect(judge(later, { epoch: 0, number: 9 })).toBe('rollback');
    expect(judge(later, newEpoch(5))).toBe('rollback');
    expect(judge(later, newEpoch(6))).toBe('valid');
  });

  it('every flipped bit and every cut of list and signature', () => {
    const list = alice.next(trio, without(trio, phone));
    expect(reasonOf(verifyNextList(trio, offer(list), RULES))).toBe('valid');
    const isValid = (changed: UntrustedList['list']) =>
      verifyNextList(trio, { list: changed, certificates: [] }, RULES).outcome === 'valid';
    expect(acceptedCorruptions(list.bytes, (bytes) => isValid({ ...list, bytes }))).toEqual([]);
    expect(acceptedCorruptions(list.signature, (signature) => isValid({ ...list, signature }))).toEqual([]);
  });

  it('a link key that was removed: it dies with its device', () => {
    const after = headOf(verifyNextList(trio, offer(alice.next(trio, without(trio, phone))), RULES));
    expect(judge(after, signedBy(phone, 'linkKey'))).toBe('signerNotListed');
    expect(judge(after, { ...signedBy(phone, 'deviceSigningKey') })).toBe('signerNotListed');
  });

  it('the second of two devices that unlink each other: only one list follows the head', () => {
    const byFirst = alice.next(trio, without(trio, phone));
    const byPhone = alice.next(trio, { ...signedBy(phone, 'linkKey'), ...without(trio, first) });
    const after = headOf(verifyNextList(trio, offer(byFirst), RULES));
    expect(reasonOf(verifyNextList(after, offer(byPhone), RULES))).toBe('rollback');
    const rebased = alice.next(after, { ...signedBy(phone, 'linkKey'), ...without(trio, first) });
    expect(reasonOf(verifyNextList(after, offer(rebased), RULES))).toBe('signerNotListed');
  });
});

describe('the number of devices', () => {
  const three = { ...RULES, mostDevices: 3 };
  const four = { entries: [...trio.list.entries, laptops[0]!.entry] };

  it('is limited by the host', () => {
    expect(judge(trio, four, [laptops[0]!])).toBe('valid');
    expect(judge(trio, four, [laptops[0]!], { ...RULES, mostDevices: 4 })).toBe('valid');
    expect(judge(trio, four, [laptops[0]!], three)).toBe('tooManyDevices');
    expect(judge(trio, newEpoch(1, four), [laptops[0]!], three)).toBe('tooManyDevices');
  });

  it('never stands in the way of a removal, when the host has lowered its limit', () => {
    expect(judge(trio, without(trio, tablet), [], { ...RULES, mostDevices: 1 })).toBe('valid');
    const exchanged = { entries: [first.entry, phone.entry, laptops[0]!.entry] };
    expect(judge(trio, exchanged, [laptops[0]!], { ...RULES, mostDevices: 2 })).toBe('tooManyDevices');
  });
});

describe('the number of lists in an epoch', () => {
  const removal = without(trio, tablet);
  const addition = { entries: [...trio.list.entries, laptops[0]!.entry] };
  const exchange = { entries: [first.entry, phone.entry, laptops[0]!.entry] };
  const after = (number: number, change: ListChange) =>
    judge(numbered(trio, number), { number: number + 1, ...change }, [laptops[0]!]);

  it('leaves the last hundred for removals', () => {
    expect(after(898, addition)).toBe('valid');
    expect(after(899, addition)).toBe('removalsOnly');
    expect(after(899, exchange)).toBe('removalsOnly');
    expect(after(899, {})).toBe('removalsOnly');
    expect(after(899, removal)).toBe('valid');
  });

  it('ends at a thousand; a new epoch goes on', () => {
    expect(after(998, removal)).toBe('valid');
    expect(after(999, removal)).toBe('epochFull');
    expect(after(999, addition)).toBe('epochFull');
    expect(judge(numbered(trio, 999), newEpoch(1))).toBe('valid');
  });
});

describe('a recovered account', () => {
  it('goes on from the seed alone, on a device that was never listed', () => {
    const recovered = createAccount({ random: seededRandomForTesting('alice'), clock: { now: () => at(NOW) } });
    expect(deriveAccountRoot(recovered.recoverySeed)).toEqual(account.root);
    const device = testDevice(account.accountId, 'after the fire');
    const head = headOf(
      verifyNextList(trio, offer(alice.next(trio, newEpoch(NOW, { entries: [device.entry] })), device), RULES),
    );
    expect(head.devices.map((each) => each.deviceId)).toEqual([device.keys.deviceId]);
    expect(judge(head, signedBy(first, 'linkKey'))).toBe('signerNotListed');
  });

  it('is not taken over by a hash of zeros before its first list', () => {
    const zeros = ListHash.of(new Uint8Array(32));
    expect(alice.next(trio, newEpoch(1, { previousHash: zeros })).bytes).toEqual(alice.next(trio, newEpoch(1)).bytes);
  });
});
