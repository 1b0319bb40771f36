import { idBytes, parseDeviceId, type DeviceId } from '@sotto/protocol/ids';
import { describe, expect, it } from '@jest/globals';
import { CanonicalWriter } from '../bytes.js';
import { CertificateHash, ListHash, RootHash } from '../keys.js';
import { LABELS } from '../labels.js';
import { acceptedCorruptions } from '../testing/corruption.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { testAccount } from '../testing/test-account.js';
import { encodeDeviceList, listHash, parseDeviceList, type DeviceList, type DeviceListEntry } from './device-list.js';

const random = seededRandomForTesting('device list');
const { account, head } = testAccount('device list');

const deviceId = (digit: number): DeviceId => {
  const id = parseDeviceId(`${String(digit).repeat(8)}-0000-8000-8000-000000000000`);
  if (id === undefined) throw new Error('This is a device id.');
  return id;
};
const entry = (digit: number): DeviceListEntry => ({
  deviceId: deviceId(digit),
  certificateHash: CertificateHash.of(random.bytes(32)),
});
const LIST: DeviceList = {
  accountId: account.accountId,
  root: RootHash.of(random.bytes(32)),
  epoch: 1_770_000_000_000,
  number: 7,
  previousHash: ListHash.of(random.bytes(32)),
  signer: { kind: 'linkKey', deviceId: deviceId(2) },
  entries: [entry(1), entry(2), entry(3)],
};

const raw = (parts: { readonly signer?: readonly number[]; readonly signerDevice?: Uint8Array } = {}) =>
  new CanonicalWriter(LABELS.deviceList)
    .id(LIST.accountId)
    .fixed(LIST.root)
    .u64(LIST.epoch)
    .u32(LIST.number)
    .fixed(LIST.previousHash ?? new Uint8Array(32))
    .fixed(Uint8Array.from(parts.signer ?? [2]))
    .fixed(parts.signerDevice ?? idBytes(deviceId(2)));
const rawEntries = (writer: CanonicalWriter, entries: readonly DeviceListEntry[], count = entries.length) => {
  writer.u16(count);
  for (const each of entries) writer.id(each.deviceId).fixed(each.certificateHash);
  return writer.finish();
};

describe('a device list', () => {
  it.each<[string, DeviceList]>([
    ['signed by a link key', LIST],
    ['signed by a device that leaves', { ...LIST, signer: { kind: 'deviceSigningKey', deviceId: deviceId(2) } }],
    ['that begins an epoch', { ...LIST, number: 0, previousHash: undefined, signer: { kind: 'accountIdentityKey' } }],
    ['without devices', { ...LIST, entries: [] }],
    ['with ten devices', { ...LIST, entries: Array.from({ length: 10 }, (_, index) => entry(index)) }],
  ])('%s is read as it was written', (_, list) => {
    expect(parseDeviceList(encodeDeviceList(list))).toEqual(list);
  });

  it('has one encoding: the order in which entries are handed in does not matter', () => {
    expect(encodeDeviceList({ ...LIST, entries: LIST.entries.toReversed() })).toEqual(encodeDeviceList(LIST));
  });

  it('sorts by the bytes of the ids, digits before letters', () => {
    const ids = ['ffffffff', '0fffffff', 'a0000000', '90000000'].map((start) =>
      parseDeviceId(`${start}-0000-8000-8000-000000000000`),
    );
    const entries = ids.flatMap((id) => (id ? [{ ...entry(1), deviceId: id }] : []));
    const sorted = parseDeviceList(encodeDeviceList({ ...LIST, entries }))?.entries.map((each) => each.deviceId);
    expect(sorted).toEqual(sorted?.toSorted((left, right) => Buffer.compare(idBytes(left), idBytes(right))));
  });

  it('is never written with the same device twice, or with eleven', () => {
    expect(() => encodeDeviceList({ ...LIST, entries: [entry(1), entry(1)] })).toThrow(RangeError);
    const eleven = [
      ...Array.from({ length: 10 }, (_, index) => entry(index)),
      { ...entry(1), deviceId: account.device.deviceId },
    ];
    expect(() => encodeDeviceList({ ...LIST, entries: eleven })).toThrow(RangeError);
  });

  it('is named by the hash of its bytes', () => {
    expect(listHash(head.bytes)).toEqual(head.hash);
    expect(listHash(encodeDeviceList(LIST))).not.toEqual(head.hash);
  });
});

describe('parseDeviceList', () => {
  it('gives nothing back that the bytes do not say: no cut parses, no flipped bit gives the same list', () => {
    const bytes = encodeDeviceList(LIST);
    const unnoticed = acceptedCorruptions(bytes, (changed) => {
      const parsed = parseDeviceList(changed);
      return (
        parsed !== undefined &&
        (changed.length !== bytes.length || String(encodeDeviceList(parsed)) !== String(changed))
      );
    });
    expect(unnoticed).toEqual([]);
  });

  const [one, two, three] = [entry(1), entry(2), entry(3)];

  it('takes the raw form that the refused ones below are made from', () => {
    expect(parseDeviceList(rawEntries(raw(), [one, two, three]))?.entries).toEqual([one, two, three]);
  });

  it.each<[string, Uint8Array]>([
    ['entries out of order', rawEntries(raw(), [two, one, three])],
    ['the same device twice', rawEntries(raw(), [one, two, { ...two, certificateHash: one.certificateHash }])],
    ['fewer entries than it counts', rawEntries(raw(), [one, two], 3)],
    ['more entries than it counts', rawEntries(raw(), [one, two], 1)],
    ['a count beyond ten', rawEntries(raw(), [one], 11)],
    ['a count far beyond what is there', rawEntries(raw(), [], 65_535)],
    ['signer 0', rawEntries(raw({ signer: [0] }), [one])],
    ['signer 4', rawEntries(raw({ signer: [4] }), [one])],
    ['a device where the account signs', rawEntries(raw({ signer: [1] }), [one])],
    ['no device where a link key signs', rawEntries(raw({ signerDevice: new Uint8Array(16) }), [one])],
    ['no device where a signing key signs', rawEntries(raw({ signer: [3], signerDevice: new Uint8Array(16) }), [one])],
    ['an entry whose id is no device id', raw().u16(1).fixed(new Uint8Array(48)).finish()],
    ['the label of a certificate', new CanonicalWriter(LABELS.deviceCertificate).finish()],
    ['nothing', new Uint8Array(0)],
  ])('refuses %s', (_, bytes) => {
    expect(parseDeviceList(bytes)).toBeUndefined();
  });
});
