import { describe, expect, it } from '@jest/globals';
import { parseSenderCertificate } from '../backend/libsignal-sealed-sender.js';
import type { PresentedCertificate } from '../backend/presented-certificate.js';
import { SenderCertificateBytes } from '../keys.js';
import { issueSenderCertificate } from '../server-keys/key-ring.js';
import { corruptions } from '../testing/corruption.js';
import { LONG_TEST_MS, sampled } from '../testing/scale.js';
import { present, START, TestParty, TestServer, unixMs } from '../testing/test-party.js';
import { OwnSenderCertificate, SenderVerifier } from './sender-certificate.js';

const server = new TestServer();
const alice = new TestParty(server);
const expiresAt = unixMs(START + 86_400_000);
const issue = (party: TestParty, by = server) =>
  issueSenderCertificate(
    by.keyRing,
    { deviceId: party.deviceId, identityKey: party.identity.identityKeyPair.publicKey },
    expiresAt,
  );
const context = { identity: alice.identity, trust: server.trust, now: START };
const reasonOf = (bytes: SenderCertificateBytes, changes: Partial<typeof context> = {}) => {
  const verdict = OwnSenderCertificate.verify(bytes, { ...context, ...changes });
  return verdict.outcome === 'refused' ? verdict.reason : verdict.outcome;
};

describe('the own sender certificate', () => {
  it('is taken as the server issues it', () => {
    const bytes = issue(alice);
    const verdict = OwnSenderCertificate.verify(bytes, context);
    expect(verdict).toMatchObject({ outcome: 'verified', certificate: { bytes, expiresAt } });
  });

  it('of another device is refused', () => {
    expect(reasonOf(issue(new TestParty(server)))).toBe('otherDevice');
  });

  it('of another server is refused', () => {
    expect(reasonOf(issue(alice, new TestServer()))).toBe('signature');
  });

  it('under a server certificate that is not pinned is refused', () => {
    const trust = { ...server.trust, serverCertificates: [new TestServer().keyRing.keys.certificate] };
    expect(reasonOf(issue(alice), { trust })).toBe('serverCertificate');
    expect(reasonOf(issue(alice), { trust: { ...trust, serverCertificates: [] } })).toBe('serverCertificate');
  });

  it('under an older server certificate that is still named is taken', () => {
    const trust = {
      ...server.trust,
      serverCertificates: [new TestServer().keyRing.keys.certificate, ...server.trust.serverCertificates],
    };
    expect(reasonOf(issue(alice), { trust })).toBe('verified');
  });

  it('is refused once it has expired', () => {
    expect(reasonOf(issue(alice), { now: expiresAt })).toBe('verified');
    expect(reasonOf(issue(alice), { now: unixMs(expiresAt + 1) })).toBe('expired');
  });

  it(
    'is refused with any bit of it changed',
    () => {
      const changes = [...corruptions(issue(alice))];
      for (const index of sampled(changes.length, 300)) {
        const { name, bytes } = present(changes[index]);
        const changed = SenderCertificateBytes.parse(bytes);
        if (changed !== undefined) expect([name, reasonOf(changed)]).not.toEqual([name, 'verified']);
      }
    },
    LONG_TEST_MS,
  );
});

describe('many certificates', () => {
  it('are each verified once, and as well after they have been forgotten', () => {
    const verifier = new SenderVerifier();
    let checks = 0;
    const presented = present(parseSenderCertificate(issue(alice)));
    const isSignedBy: PresentedCertificate['isSignedBy'] = (root, time) => {
      checks += 1;
      return presented.isSignedBy(root, time);
    };
    const verify = (certificate: PresentedCertificate) => verifier.verify(certificate, server.trust, START).outcome;
    expect([verify({ ...presented, isSignedBy }), verify({ ...presented, isSignedBy })]).toEqual([
      'verified',
      'verified',
    ]);
    expect(checks).toBe(1);
    for (let index = 0; index < 1_000; index += 1) {
      const bytes = SenderCertificateBytes.of(Uint8Array.from([index & 0xff, index >> 8]));
      expect(verify({ ...presented, bytes, isSignedBy: () => true })).toBe('verified');
    }
    expect(verify({ ...presented, isSignedBy })).toBe('verified');
    expect(checks).toBe(2);
  });

  it('that were refused are not remembered as good', () => {
    const verifier = new SenderVerifier();
    const foreign = present(parseSenderCertificate(issue(alice, new TestServer())));
    for (let time = 0; time < 2; time += 1) {
      expect(verifier.verify(foreign, server.trust, START)).toEqual({ outcome: 'refused', reason: 'signature' });
    }
  });
});
