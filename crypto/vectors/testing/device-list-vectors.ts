import { ed25519PublicKey } from '../../backend/libsodium.js';
import { listHash, parseDeviceList } from '../../identity/device-list.js';
import { advanceHead, beginHead, type UntrustedStep } from '../../identity/list-pin.js';
import type { SignedDeviceList } from '../../identity/list-signature.js';
import { issueReceipt } from '../../identity/receipt.js';
import type { VerifiedHead } from '../../identity/verified-head.js';
import { ReceiptKey, ReceiptPublicKey } from '../../keys.js';
import { seededRandomForTesting } from '../../testing/seeded-random.js';
import { NOW, testAccount, testDevice, type ListChange, type TestDevice } from '../../testing/test-account.js';
import { toHex } from './hex.js';

export interface StepVector {
  readonly list: string;
  readonly signature: string;
  readonly receiptTime: number;
  readonly receiptSignature: string;
  readonly certificates: readonly {
    readonly bytes: string;
    readonly dskSignature: string;
    readonly ikSignature: string;
  }[];
}

export interface DeviceListCase {
  readonly name: string;
  /** How many steps of the chain have been verified before this one. */
  readonly after: number;
  readonly step: StepVector;
  /** Outcome of the step, or the reason of its refusal. */
  readonly expected: string;
}

export interface DeviceListVectors {
  readonly receiptKey: string;
  readonly owner: {
    readonly accountId: string;
    readonly accountIdentityKey: string;
    readonly recoveryPublicKey: string;
  };
  /** Steps that verify one after the other. */
  readonly chain: readonly StepVector[];
  readonly cases: readonly DeviceListCase[];
}

const DAY_MS = 24 * 3_600_000;

const stepVector = ({ list, receipt, certificates }: UntrustedStep): StepVector => ({
  list: toHex(list.bytes),
  signature: toHex(list.signature),
  receiptTime: receipt.time,
  receiptSignature: toHex(receipt.signature),
  certificates: certificates.map((certificate) => ({
    bytes: toHex(certificate.bytes),
    dskSignature: toHex(certificate.dskSignature),
    ikSignature: toHex(certificate.ikSignature),
  })),
});

/** A chain that verifies, and steps that must not be taken from a certain place in it. */
export const deviceListVectors = (): DeviceListVectors => {
  const alice = testAccount('vectors: lists');
  const { account, first } = alice;
  const other = testAccount('vectors: another account');
  const phone = testDevice(account.accountId, 'vectors: phone');
  const tablet = testDevice(account.accountId, 'vectors: tablet', { canLink: false });
  const random = seededRandomForTesting('vectors: receipts');
  const receiptKey = ReceiptKey.generate(random);
  const foreignKey = ReceiptKey.generate(random);
  const publicKey = ReceiptPublicKey.of(ed25519PublicKey(receiptKey.unwrap()));

  const receipted = (
    list: SignedDeviceList,
    devices: readonly TestDevice[] = [],
    key: ReceiptKey = receiptKey,
  ): UntrustedStep => {
    const parsed = parseDeviceList(list.bytes);
    if (parsed === undefined) throw new Error('A list of the generator does not parse.');
    const place = { epoch: parsed.epoch, number: parsed.number, hash: listHash(list.bytes) };
    return {
      list,
      certificates: devices.map((device) => device.certificate),
      receipt: issueReceipt(key, parsed.accountId, place, NOW),
    };
  };

  const genesis = receipted(account.genesis, [first]);
  const heads: VerifiedHead[] = [];
  const chain: UntrustedStep[] = [];
  const take = (step: UntrustedStep) => {
    const before = heads.at(-1);
    const verdict = before === undefined ? beginHead(account, publicKey, step) : advanceHead(before, publicKey, step);
    if (verdict.outcome !== 'advanced') throw new Error(`A step of the generator's chain does not verify.`);
    heads.push(verdict.head);
    chain.push(step);
    return verdict.head;
  };
  const grow = (before: VerifiedHead, change: ListChange, ...devices: TestDevice[]) =>
    take(receipted(alice.next(before, change), devices));

  const newEpoch = (change: ListChange = {}): ListChange => ({
    epoch: NOW,
    number: 0,
    previousHash: undefined,
    signer: { kind: 'accountIdentityKey' },
    entries: [first.entry],
    ...change,
  });
  const all = [first.entry, phone.entry, tablet.entry];
  const pair = grow(take(genesis), { entries: [first.entry, phone.entry] }, phone);
  const trio = grow(pair, { entries: all }, tablet);
  const bySigningKey = (device: TestDevice): ListChange => ({
    signer: { kind: 'deviceSigningKey', deviceId: device.keys.deviceId },
    key: device.keys.signingKey,
  });
  const duo = grow(trio, { ...bySigningKey(tablet), entries: [first.entry, phone.entry] });
  grow(duo, newEpoch());

  const cases: DeviceListCase[] = [];
  const add = (expected: string, name: string, after: number, step: UntrustedStep) =>
    cases.push({ name, after, step: stepVector(step), expected });
  /** A case after the third step, where three devices are active. */
  const refuse = (reason: string, name: string, change: ListChange, ...devices: TestDevice[]) =>
    add(reason, name, 3, receipted(alice.next(trio, change), devices));

  const [, second, third] = chain;
  if (second === undefined || third === undefined) throw new Error('The chain of the generator is too short.');
  add('unchanged', 'the pinned list once more', 3, third);
  add('behind', 'a list of the past', 3, second);
  add(
    'fork',
    'a second receipted list for the pinned place',
    2,
    receipted(alice.next(alice.head, { entries: [first.entry, tablet.entry] }), [tablet]),
  );
  add('badReceipt', 'a receipt by a foreign key', 0, receipted(account.genesis, [first], foreignKey));
  add('badReceipt', 'the receipt of another list', 2, { ...third, receipt: second.receipt });
  add('malformed', 'a byte more', 2, {
    ...third,
    list: { ...third.list, bytes: Uint8Array.from([...third.list.bytes, 0]) },
  });
  add('foreignAccount', "another account's genesis", 0, receipted(other.account.genesis, [other.first]));
  add('notFirst', 'a beginning that a link key signed', 0, second);
  add('gap', 'a step that skips one', 1, third);
  add('missingCertificate', 'a genesis without its certificate', 0, receipted(account.genesis));
  add('badSignature', "the account identity key of another account's genesis", 0, {
    ...genesis,
    list: { ...account.genesis, signature: other.account.genesis.signature },
  });
  refuse('wrongPrevious', 'another list before it', { previousHash: pair.hash });
  refuse('wrongSigner', 'the account identity key within an epoch', { signer: { kind: 'accountIdentityKey' } });
  refuse('signerNotListed', 'a device that is not listed', {
    signer: { kind: 'linkKey', deviceId: other.first.keys.deviceId },
    key: other.first.keys.linkKey,
  });
  refuse('signerCannotLink', 'a device without a link key', {
    signer: { kind: 'linkKey', deviceId: tablet.keys.deviceId },
    key: tablet.keys.linkKey,
  });
  refuse('badSignature', "another device's link key", { key: phone.keys.linkKey });
  refuse('overreach', 'a signing key that removes another device', {
    ...bySigningKey(tablet),
    entries: [first.entry, tablet.entry],
  });
  refuse('noLinkKey', 'only a device that cannot link is left', { entries: [tablet.entry] });
  refuse('notFirst', 'a new epoch that a link key signed', { epoch: NOW, number: 0, previousHash: undefined });
  refuse('epochAhead', 'an epoch a day and a millisecond ahead', newEpoch({ epoch: NOW + DAY_MS + 1 }));
  refuse('foreignCertificate', "another account's certificate", { entries: [...all, other.first.entry] }, other.first);

  const { accountIdentityKey, recoveryPublicKey } = account.root;
  return {
    receiptKey: toHex(publicKey),
    owner: {
      accountId: account.accountId,
      accountIdentityKey: toHex(accountIdentityKey),
      recoveryPublicKey: toHex(recoveryPublicKey),
    },
    chain: chain.map(stepVector),
    cases,
  };
};
