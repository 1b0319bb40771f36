import { describe, expect, it } from '@jest/globals';
import { encodeCertificate, parseCertificate } from '../identity/certificate.js';
import { signDeviceList } from '../identity/list-signature.js';
import { parseDeviceList, type DeviceList } from '../identity/device-list.js';
import { verifyNextList } from '../identity/list-rules.js';
import type { VerifiedHead } from '../identity/verified-head.js';
import { LinkSessionId } from '../keys.js';
import { flippedBits } from '../testing/corruption.js';
import { sampled } from '../testing/scale.js';
import { at, NOW, offer as offered, RULES, testDevice, type TestAccount } from '../testing/test-account.js';
import { introductionOf } from './introduction.js';
import type { MatchedLink } from './link-grant.js';
import {
  account,
  answer,
  answerRequest,
  certified,
  expectOutcome,
  grantInput,
  HOST,
  match,
  newDevice,
  offerBy,
  PAYLOAD,
  reasonOf,
  requestBy,
} from './testing/test-link.js';

const anna = account('anna');
const mallory = account('mallory');
const own = newDevice('laptop');
const thief = newDevice('thief');

/** The account with one device more, as a verified head. */
const headWith = (owner: TestAccount, ...devices: readonly ReturnType<typeof testDevice>[]): VerifiedHead => {
  const entries = [...owner.head.list.entries, ...devices.map((device) => device.entry)];
  const verdict = verifyNextList(owner.head, offered(owner.next(owner.head, { entries }), ...devices), {
    ...RULES,
    mostDevices: 10,
  });
  return expectOutcome(verdict, 'valid').head;
};

/** A link up to the grant that has been opened; `by` displays the code and approves. */
const driven = (by: TestAccount) => {
  const link = answer(offerBy(by, 'join'), own, 'join');
  const { awaited } = link;
  const matched = match(link);
  const grant = certified(matched, by);
  const { received } = expectOutcome(awaited.openGrant(matched.seal(PAYLOAD).message), 'opened');
  return { received, grant, sessionId: matched.sessionId };
};

const { received, grant, sessionId } = driven(anna);
const { head } = anna;
const list = parseDeviceList(grant.list.bytes)!;
const certificate = parseCertificate(grant.certificate)!;
const resigned = (change: Partial<DeviceList>) => signDeviceList({ ...list, ...change }, anna.account.device.linkKey);

describe('approval', () => {
  const link = match(answer(offerBy(anna, 'approval'), own, 'approval'));

  it('names the keys that were proved, in the certificate and in the list', () => {
    const signed = certified(link, anna);
    expect(parseCertificate(signed.certificate)).toEqual({
      accountId: anna.account.accountId,
      deviceId: own.keys.deviceId,
      signingKey: introductionOf(own).signingKey,
      identityKey: introductionOf(own).identityKey,
      linkKey: introductionOf(own).linkKey,
      issuedAt: NOW,
      linkSession: link.sessionId,
    });
    expect(certified(link, anna)).toEqual(signed);
  });

  const second = testDevice(anna.account.accountId, 'second');
  const cannotLink = testDevice(anna.account.accountId, 'cannot link', { canLink: false });
  const crowded = headWith(anna, ...['a', 'b', 'c', 'd'].map((seed) => testDevice(anna.account.accountId, seed)));
  const signer = (device: typeof second) => ({ deviceId: device.keys.deviceId, linkKey: device.keys.linkKey });

  it.each<[string, string, Partial<Parameters<MatchedLink['certify']>[0]>]>([
    ['P6: by a device that is not listed', 'signerCannotLink', { signer: signer(second) }],
    [
      'P8: with another link key',
      'signerCannotLink',
      { signer: { ...grantInput(anna).signer, linkKey: second.keys.linkKey } },
    ],
    [
      'by a device that can link none',
      'signerCannotLink',
      { head: headWith(anna, cannotLink), signer: signer(cannotLink) },
    ],
    ['of one device too many for the host', 'tooManyDevices', { head: crowded }],
    [
      'of an eleventh device, whatever the host says',
      'tooManyDevices',
      {
        head: headWith(
          anna,
          ...Array.from({ length: 9 }, (_, index) => testDevice(anna.account.accountId, `nine ${index}`)),
        ),
        mostDevices: 50,
      },
    ],
  ])('%s is refused', (_, reason, change) => {
    expect(reasonOf(link.certify(grantInput(anna, change)))).toBe(reason);
  });

  it('of a device that is listed is refused', () => {
    const { join } = expectOutcome(received.verify({ head, ...grant }), 'joinable');
    expect(reasonOf(link.certify(grantInput(anna, { head: join.head })))).toBe('alreadyListed');
  });

  it('is refused in an epoch whose lists may only remove', () => {
    let full = head;
    for (let number = 1; number < 900; number += 1) {
      const entries = number % 2 === 1 ? [...head.list.entries, second.entry] : head.list.entries;
      full = expectOutcome(verifyNextList(full, offered(anna.next(full, { entries }), second), RULES), 'valid').head;
    }
    expect(full.list.number).toBe(899);
    expect(reasonOf(link.certify(grantInput(anna, { head: full })))).toBe('epochFull');
  });
});

describe('the new device', () => {
  it('P7: shown a stranger’s code, learns whose account it is before it joins', () => {
    const strange = driven(mallory);
    const { join } = expectOutcome(strange.received.verify({ head: mallory.head, ...strange.grant }), 'joinable');
    expect(join.accountId).toBe(mallory.account.accountId);
    expect(join.accountId).not.toBe(anna.account.accountId);
    expect(join.host).toBe(HOST);
  });

  it('P2, P7: refuses a code that somebody else displayed than the one who approves', () => {
    // The stranger's device completes a link of its own, but hands over Anna's account.
    const strange = driven(mallory);
    expect(reasonOf(strange.received.verify({ head, ...grant }))).toBe('foreignToken');
  });

  it.each<[string, string, Partial<Parameters<typeof received.verify>[0]>]>([
    ['bytes that are no list', 'malformed', { list: { ...grant.list, bytes: new Uint8Array(9) } }],
    ['bytes that are no certificate', 'malformed', { certificate: new Uint8Array(9) }],
    [
      'P6: a list signed by no device',
      'wrongSigner',
      {
        list: anna.next(head, {
          entries: list.entries,
          epoch: NOW,
          number: 0,
          previousHash: undefined,
          signer: { kind: 'accountIdentityKey' },
        }),
      },
    ],
    [
      'P6: a list signed by a signing key',
      'wrongSigner',
      { list: anna.next(head, { signer: { kind: 'deviceSigningKey', deviceId: anna.account.device.deviceId } }) },
    ],
    [
      'P6: a list signed by a device that is not listed',
      'wrongSigner',
      {
        list: anna.next(head, {
          entries: list.entries,
          signer: { kind: 'linkKey', deviceId: thief.keys.deviceId },
          key: thief.keys.linkKey,
        }),
      },
    ],
    ['P6: a list signed by a revoked link key', 'badSignature', { list: signDeviceList(list, thief.keys.linkKey) }],
    ['P6: a list that is rolled back', 'rollback', { list: resigned({ number: 0 }) }],
    ['P6: a list with a gap before it', 'gap', { list: resigned({ number: 2 }) }],
    ['P6: a list that does not name this device', 'overreach', { list: resigned({ entries: head.list.entries }) }],
    [
      'P6: a list that adds another device instead',
      'missingCertificate',
      { list: resigned({ entries: [...head.list.entries, testDevice(anna.account.accountId, 'ghost').entry] }) },
    ],
    [
      'P6: a list that adds a ghost as well',
      'missingCertificate',
      { list: resigned({ entries: [...list.entries, testDevice(anna.account.accountId, 'ghost').entry] }) },
    ],
    [
      'P6: a list that drops the signer',
      'overreach',
      { list: resigned({ entries: list.entries.filter((entry) => entry.deviceId === own.keys.deviceId) }) },
    ],
  ])('refuses %s', (_, reason, change) => {
    expect(reasonOf(received.verify({ head, ...grant, ...change }))).toBe(reason);
  });

  it('P6: refuses a list that takes one device away while it adds this one', () => {
    const second = testDevice(anna.account.accountId, 'second');
    const before = headWith(anna, second);
    const [first] = anna.head.list.entries;
    const mine = list.entries.find((entry) => entry.deviceId === own.keys.deviceId)!;
    const ghost = testDevice(anna.account.accountId, 'second', { canLink: false });
    const swapped = anna.next(before, { entries: [first!, ghost.entry, mine] });
    expect(reasonOf(received.verify({ head: before, certificate: grant.certificate, list: swapped }))).toBe(
      'missingCertificate',
    );
    const dropped = anna.next(before, { entries: [first!, mine] });
    expect(reasonOf(received.verify({ head: before, certificate: grant.certificate, list: dropped }))).toBe(
      'overreach',
    );
  });

  it.each([
    ['signing key', { signingKey: introductionOf(thief).signingKey }],
    ['identity key', { identityKey: introductionOf(thief).identityKey }],
    ['link key', { linkKey: introductionOf(thief).linkKey }],
    ['missing link key', { linkKey: undefined }],
    ['device id', { deviceId: thief.keys.deviceId }],
    ['account', { accountId: mallory.account.accountId }],
    ['link session', { linkSession: LinkSessionId.of(new Uint8Array(16).fill(1)) }],
    ['missing link session', { linkSession: undefined }],
  ])('P5: refuses a certificate with another %s than its own, and signs nothing', (_, change) => {
    const foreign = encodeCertificate({ ...certificate, ...change });
    expect(reasonOf(received.verify({ head, list: grant.list, certificate: foreign }))).toBe('foreignCertificate');
  });

  it('P5: refuses a certificate that is not the one in the list', () => {
    const later = encodeCertificate({ ...certificate, issuedAt: at(NOW + 1) });
    expect(reasonOf(received.verify({ head, list: grant.list, certificate: later }))).toBe('missingCertificate');
  });

  it('P5, P6: refuses every changed bit of certificate and list', () => {
    const certificates = [...flippedBits(grant.certificate)];
    for (const index of sampled(certificates.length, 40)) {
      const changed = certificates[index]!;
      const verdict = received.verify({ head, list: grant.list, certificate: changed.bytes });
      expect([changed.name, verdict.outcome]).toEqual([changed.name, 'refused']);
    }
    const lists = [...flippedBits(grant.list.bytes)];
    for (const index of sampled(lists.length, 40)) {
      const changed = lists[index]!;
      const verdict = received.verify({ head, ...grant, list: { ...grant.list, bytes: changed.bytes } });
      expect([changed.name, verdict.outcome]).toEqual([changed.name, 'refused']);
    }
  });

  it('knows what it joins by', () => {
    expect(received.own).toEqual(own);
    expect(received.token.sessionId).toEqual(sessionId);
  });

  it('that displayed the code itself joins whoever typed its digits’ holder approved', () => {
    const { answered, scan } = answerRequest(requestBy(own, 'join'), 'join');
    expect(answered.token.host).toBe(HOST);
    expect(scan.device.deviceId).toBe(own.keys.deviceId);
    const { awaited } = expectOutcome(answered.typeDigits(scan.digits), 'matched');
    const { link } = expectOutcome(scan.acceptConfirmation(awaited.message), 'matched');
    const reverse = certified(link, mallory);
    const opened = expectOutcome(awaited.openGrant(link.seal(PAYLOAD).message), 'opened').received;
    expect(expectOutcome(opened.verify({ head: mallory.head, ...reverse }), 'joinable').join.accountId).toBe(
      mallory.account.accountId,
    );
  });
});
