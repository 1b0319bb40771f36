import { describe, expect, it } from '@jest/globals';
import { CertificateBytes } from '../keys.js';
import { offer, RULES, testAccount, testDevice } from '../testing/test-account.js';
import { certificateHash } from './certificate.js';
import { verifyNextList } from './list-rules.js';
import { restoreHead, type VerifiedHead } from './verified-head.js';

const alice = testAccount('alice');
const phone = testDevice(alice.account.accountId, 'phone');
const list = alice.next(alice.head, { entries: [alice.first.entry, phone.entry] });
const verdict = verifyNextList(alice.head, offer(list, phone), RULES);
if (verdict.outcome === 'refused') throw new Error(verdict.reason);
const head: VerifiedHead = verdict.head;

describe('a verified head', () => {
  it('knows its active devices and no others', () => {
    expect(head.devices.map((device) => device.deviceId)).toEqual(head.list.entries.map((entry) => entry.deviceId));
    expect(head.findDevice(phone.keys.deviceId)?.hash).toEqual(phone.entry.certificateHash);
    expect(alice.head.findDevice(phone.keys.deviceId)).toBeUndefined();
  });

  it('comes back from storage as it was', () => {
    const kept = { root: head.root, list: head.bytes, certificates: head.devices.map((device) => device.bytes) };
    const restored = restoreHead({ ...kept, certificates: kept.certificates.toReversed() });
    expect(restored.place).toEqual(head.place);
    expect(restored.accountId).toBe(head.accountId);
    expect(restored.devices).toEqual(head.devices);
    const next = alice.next(head, { entries: [alice.first.entry] });
    expect(verifyNextList(restored, offer(next), RULES).outcome).toBe('valid');
  });

  it('does not come back from storage that is damaged', () => {
    const certificates = head.devices.map((device) => device.bytes);
    expect(() => restoreHead({ root: head.root, list: head.bytes.subarray(1), certificates })).toThrow('damaged');
    expect(() => restoreHead({ root: head.root, list: head.bytes, certificates: certificates.slice(1) })).toThrow(
      'missing',
    );
  });

  it('does not come back with bytes that the list names and that are no certificate', () => {
    const rubbish = CertificateBytes.of(Uint8Array.of(1, 2, 3));
    const entry = { deviceId: phone.keys.deviceId, certificateHash: certificateHash(rubbish) };
    const { bytes } = alice.next(alice.head, { entries: [entry] });
    expect(() => restoreHead({ root: head.root, list: bytes, certificates: [rubbish] })).toThrow('missing');
  });
});
