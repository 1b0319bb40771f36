import { constantTimeEqual } from '../constant-time.js';
import { DeviceListBytes, type RootHash } from '../keys.js';
import { rootHash, type AccountRoot } from './account-root.js';
import { parseDeviceList, type DeviceList } from './device-list.js';
import { addsNothing, onlyRemoves, removesOnlySigner } from './list-change.js';
import { resolveDevices } from './list-devices.js';
import { isSignedByAccount, isSignedByDevice } from './list-signature.js';
import {
  refuseList,
  type ListOwner,
  type ListRefusal,
  type ListRules,
  type ListVerdict,
  type UntrustedList,
} from './list-verdict.js';
import { verifyRootChange, type UntrustedRootChange } from './root-change.js';
import { VerifiedHead } from './verified-head.js';

/** How many lists one epoch may have. */
const LISTS_PER_EPOCH = 1_000;
/** From this number on the lists of an epoch may only remove devices. */
export const FIRST_REMOVALS_ONLY = LISTS_PER_EPOCH - 100;
/** How far an epoch, which is a time, may lie after the moment when the server took the list. */
const EPOCH_AHEAD_MS = 24 * 3_600_000;

/** A list that could be read, and is one of the account that was asked about. */
interface Candidate extends Pick<UntrustedList, 'certificates'> {
  readonly list: DeviceList;
  readonly bytes: DeviceListBytes;
  readonly signature: Uint8Array;
}

const readCandidate = (
  owner: ListOwner,
  { list: untrusted, certificates }: UntrustedList,
): { readonly candidate: Candidate } | { readonly reason: ListRefusal } => {
  const bytes = DeviceListBytes.parse(untrusted.bytes);
  const list = bytes && parseDeviceList(bytes);
  if (!bytes || !list) return { reason: 'malformed' };
  if (list.accountId !== owner.accountId) return { reason: 'foreignAccount' };
  if (!constantTimeEqual(list.root, rootHash(owner.root))) return { reason: 'foreignRoot' };
  return { candidate: { list, bytes, signature: untrusted.signature, certificates } };
};

const rootsLeft = (before: VerifiedHead, root: AccountRoot): readonly RootHash[] => {
  const old = rootHash(before.root);
  return constantTimeEqual(old, rootHash(root)) ? before.formerRoots : [...before.formerRoots, old];
};

/** The last steps, alike for every list: its certificates, and that somebody can go on from it. */
const accept = (owner: ListOwner, candidate: Candidate, before: VerifiedHead | undefined): ListVerdict => {
  const { list, bytes, certificates } = candidate;
  const resolved = resolveDevices(list, certificates, before);
  if ('reason' in resolved) return refuseList(resolved.reason);
  const leaves = before !== undefined && removesOnlySigner(before.list, list);
  if (!leaves && !resolved.devices.some((device) => device.linkKey !== undefined)) return refuseList('noLinkKey');
  const { accountId, root } = owner;
  const formerRoots = before === undefined ? [] : rootsLeft(before, root);
  const { devices } = resolved;
  return { outcome: 'valid', head: new VerifiedHead({ accountId, root, list, bytes, devices, formerRoots }) };
};

const firstListRefusal = (
  owner: ListOwner,
  { list, bytes, signature }: Candidate,
  rules: ListRules,
): ListRefusal | undefined => {
  if (list.number !== 0 || list.previousHash !== undefined || list.signer.kind !== 'accountIdentityKey')
    return 'notFirst';
  if (list.epoch > rules.acceptedAt + EPOCH_AHEAD_MS) return 'epochAhead';
  if (list.entries.length > rules.mostDevices) return 'tooManyDevices';
  return isSignedByAccount(owner.root.accountIdentityKey, bytes, signature) ? undefined : 'badSignature';
};

const verifyFirst = (
  owner: ListOwner,
  candidate: Candidate,
  rules: ListRules,
  before: VerifiedHead | undefined,
): ListVerdict => {
  const reason = firstListRefusal(owner, candidate, rules);
  return reason === undefined ? accept(owner, candidate, before) : refuseList(reason);
};

/**
 * Verifies the first list of an epoch, which the account identity key signs: where somebody who knows nothing but the
 * account's root begins (SPEC §3.3).
 */
export const verifyFirstList = (owner: ListOwner, untrusted: UntrustedList, rules: ListRules): ListVerdict => {
  const read = readCandidate(owner, untrusted);
  return 'reason' in read ? refuseList(read.reason) : verifyFirst(owner, read.candidate, rules, undefined);
};

/** Verifies the list that registration makes: the first list of epoch 0, naming one device. */
export const verifyGenesis = (owner: ListOwner, untrusted: UntrustedList, rules: ListRules): ListVerdict => {
  const verdict = verifyFirstList(owner, untrusted, rules);
  if (verdict.outcome === 'refused') return verdict;
  const { epoch, entries } = verdict.head.list;
  return epoch === 0 && entries.length === 1 ? verdict : refuseList('notGenesis');
};

const placeRefusal = (head: VerifiedHead, list: DeviceList): ListRefusal | undefined => {
  if (list.number <= head.list.number) return 'rollback';
  if (list.number > head.list.number + 1) return 'gap';
  return list.previousHash !== undefined && constantTimeEqual(list.previousHash, head.hash)
    ? undefined
    : 'wrongPrevious';
};

const signerRefusal = (head: VerifiedHead, { list, bytes, signature }: Candidate): ListRefusal | undefined => {
  if (list.signer.kind === 'accountIdentityKey') return 'wrongSigner';
  const device = head.findDevice(list.signer.deviceId);
  if (device === undefined) return 'signerNotListed';
  const key = list.signer.kind === 'linkKey' ? device.linkKey : device.signingKey;
  if (key === undefined) return 'signerCannotLink';
  if (!isSignedByDevice(key, bytes, signature)) return 'badSignature';
  return list.signer.kind === 'linkKey' || removesOnlySigner(head.list, list) ? undefined : 'overreach';
};

const changeRefusal = (head: VerifiedHead, list: DeviceList, rules: ListRules): ListRefusal | undefined => {
  // A removal is never refused for the number of devices: the host may have lowered its limit since.
  if (onlyRemoves(head.list, list)) return list.number < LISTS_PER_EPOCH ? undefined : 'epochFull';
  if (list.number >= LISTS_PER_EPOCH) return 'epochFull';
  if (list.number >= FIRST_REMOVALS_ONLY) return 'removalsOnly';
  return list.entries.length > rules.mostDevices ? 'tooManyDevices' : undefined;
};

/** The first list under another root: the account says so with its present authority, and takes no new device along. */
const verifyUnderNewRoot = (
  head: VerifiedHead,
  { rootChange, ...untrusted }: UntrustedList & { readonly rootChange: UntrustedRootChange },
  rules: ListRules,
): ListVerdict => {
  const verdict = verifyRootChange(head, rootChange);
  if (verdict.outcome === 'refused') return verdict;
  const owner: ListOwner = { accountId: head.accountId, root: verdict.change.newRoot };
  const read = readCandidate(owner, untrusted);
  if ('reason' in read) return refuseList(read.reason);
  if (read.candidate.list.epoch <= head.list.epoch) return refuseList('rollback');
  if (!addsNothing(head.list, read.candidate.list)) return refuseList('addsDevice');
  return verifyFirst(owner, read.candidate, rules, head);
};

/**
 * Verifies the list that follows `head` (SPEC §3.3): the next number of the same epoch, signed by a link key that `head`
 * names or by a device that only leaves; or the first list of a higher epoch, signed by the account identity key, under the same
 * root or under one that the account has changed to (SPEC §3.8).
 */
export const verifyNextList = (head: VerifiedHead, untrusted: UntrustedList, rules: ListRules): ListVerdict => {
  const { rootChange } = untrusted;
  if (rootChange !== undefined) return verifyUnderNewRoot(head, { ...untrusted, rootChange }, rules);
  const read = readCandidate(head, untrusted);
  if ('reason' in read) return refuseList(read.reason);
  const { candidate } = read;
  if (candidate.list.epoch < head.list.epoch) return refuseList('rollback');
  if (candidate.list.epoch > head.list.epoch) return verifyFirst(head, candidate, rules, head);
  const reason =
    placeRefusal(head, candidate.list) ?? signerRefusal(head, candidate) ?? changeRefusal(head, candidate.list, rules);
  return reason === undefined ? accept(head, candidate, head) : refuseList(reason);
};

/**
 * Verifies the list with which an account is recovered (SPEC §12.4): the first list of a higher epoch, under the same root, that names
 * the acting device alone. For the server; peers follow any first list.
 */
export const verifyRecoveryList = (head: VerifiedHead, untrusted: UntrustedList, rules: ListRules): ListVerdict => {
  const { list, certificates } = untrusted;
  const verdict = verifyNextList(head, { list, certificates }, rules);
  if (verdict.outcome === 'refused') return verdict;
  const { epoch, entries } = verdict.head.list;
  if (epoch === head.list.epoch) return refuseList('notFirst');
  return entries.length === 1 ? verdict : refuseList('notAlone');
};
