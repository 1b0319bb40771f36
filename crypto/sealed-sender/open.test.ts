import * as libsignal from '@signalapp/libsignal-client';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { addressOf, LocalParty } from '../backend/libsignal-party.js';
import { encryptAndSeal } from '../backend/libsignal-sealed-sender.js';
import { establishSession } from '../backend/libsignal-session.js';
import { LibsignalStores } from '../backend/libsignal-stores.js';
import { newSenderCertificate, newServerCertificate } from '../backend/sender-certificates.js';
import { curvePublicKey } from '../backend/signing.js';
import { CertificatePublicKey, SealedBytes, SenderCertificateBytes, type Plaintext } from '../keys.js';
import { UnitOfWork } from '../session/unit-of-work.js';
import { corruptions } from '../testing/corruption.js';
import { LONG_TEST_MS, sampled } from '../testing/scale.js';
import { gateWith, present, START, TestParty, TestServer, unixMs } from '../testing/test-party.js';
import type { ContentGate } from './content-gate.js';
import type { SealedEnvelope } from './open.js';

const DAY_MS = 24 * 3_600_000;

let server: TestServer;
let alice: TestParty;
let bob: TestParty;
beforeEach(() => {
  server = new TestServer();
  alice = new TestParty(server);
  bob = new TestParty(server);
});

const certificateOf = (party: TestParty) => server.certificateFor(party.identity).bytes;

/** A sender that uses libsignal as it likes. Nothing that it does is kept. */
class HostileSender {
  readonly #to: TestParty;
  readonly #party: LocalParty;
  readonly #unit: UnitOfWork;
  readonly #stores: LibsignalStores;

  private constructor(from: TestParty, to: TestParty) {
    this.#to = to;
    this.#party = new LocalParty(from.identity);
    this.#unit = UnitOfWork.begin(from.state);
    this.#stores = new LibsignalStores(this.#party, this.#unit);
  }

  /** With the session that `from` has, or with a new one. */
  static async start(from = alice, to = bob): Promise<HostileSender> {
    const sender = new HostileSender(from, to);
    if (from.state.loadSession(to.deviceId) === undefined) {
      await establishSession(sender.#party, sender.#unit, to.bundle(), START);
    }
    return sender;
  }

  encrypt(plaintext: Uint8Array<ArrayBuffer>): Promise<libsignal.CiphertextMessage> {
    const to = addressOf(this.#to.deviceId);
    return libsignal.signalEncrypt(plaintext, to, this.#party.address, this.#stores, this.#stores, new Date(START));
  }

  async seal(content: libsignal.UnidentifiedSenderMessageContent): Promise<SealedEnvelope> {
    const sealed = await libsignal.sealedSenderEncrypt(content, addressOf(this.#to.deviceId), this.#stores);
    return { ciphertext: SealedBytes.of(sealed), serverTime: START };
  }

  async sealUnder(certificate: SenderCertificateBytes, plaintext: Plaintext): Promise<SealedEnvelope> {
    const input = {
      recipient: this.#to.deviceId,
      plaintext,
      certificate,
      contentHint: 'resendable',
      now: START,
    } as const;
    const result = await encryptAndSeal(this.#party, this.#unit, input);
    if (result.outcome === 'failed') throw new Error(result.failure);
    return { ciphertext: result.value, serverTime: START };
  }
}

const sealUnder = async (certificate: SenderCertificateBytes, from = alice): Promise<SealedEnvelope> =>
  (await HostileSender.start(from)).sealUnder(certificate, from.copyFor(bob, 'forged').plaintext);

/** A content as alice would have sealed it to bob, with her certificate. */
const honestContent = async (sender: HostileSender, plaintext: Uint8Array<ArrayBuffer>) => {
  const certificate = libsignal.SenderCertificate.deserialize(certificateOf(alice));
  const message = await sender.encrypt(plaintext);
  const content = libsignal.UnidentifiedSenderMessageContent.new(message, certificate, 1, null);
  return { certificate, message, content };
};

/** What opening says, after a look that it has changed nothing. */
const refusalOf = async (envelope: SealedEnvelope, gate?: ContentGate<never>, by = bob) => {
  const before = by.state.hash();
  const result = await by.open(envelope, gate);
  expect(by.state.hash()).toBe(before);
  return 'reason' in result ? result.reason : result.outcome;
};

describe('who may open', () => {
  it('is the device that the envelope was sealed to, alone', async () => {
    const carol = new TestParty(server);
    expect(await refusalOf(await alice.seal(bob, 'for bob'), undefined, carol)).toBe('seal');
  });

  it.each(['recipientDevice', 'recipientAccount'] as const)(
    'is not another %s than the content names',
    async (field) => {
      const carol = new TestParty(server);
      const value = field === 'recipientDevice' ? carol.deviceId : carol.accountId;
      expect(await refusalOf(await alice.seal(bob, 'passed on', { [field]: value }))).toBe('wrongRecipient');
    },
  );
});

describe('who may have sent it', () => {
  it('is the device of the certificate, not another that the content names', async () => {
    const carol = new TestParty(server);
    const asCarol = { senderDevice: carol.deviceId, senderAccount: carol.accountId };
    expect(await refusalOf(await alice.seal(bob, 'as carol', asCarol))).toBe('wrongSender');
  });

  it('is nobody who only holds a copy of the certificate', async () => {
    const mallory = new TestParty(server);
    expect(await refusalOf(await sealUnder(certificateOf(alice), mallory))).toBe('seal');
  });

  it('is a device that its account lists', async () => {
    const notListed = gateWith(() => 'notListed');
    expect(await refusalOf(await alice.seal(bob, 'unlinked'), notListed as never)).toBe('notListed');
    const stranger = new TestParty(server);
    const listed = gateWith(({ binding }) => (binding.senderAccount === alice.accountId ? 'active' : 'notListed'));
    const asAlicesAccount = await stranger.seal(bob, 'x', { senderAccount: stranger.accountId });
    expect(await refusalOf(asAlicesAccount, listed as never)).toBe('notListed');
  });

  it('waits where the list is not known yet, and opens later', async () => {
    const envelope = await alice.seal(bob, 'from a stranger');
    expect(await refusalOf(envelope, gateWith(() => 'unknown') as never)).toBe('waiting');
    expect(await bob.open(envelope)).toMatchObject({ outcome: 'opened', content: { text: 'from a stranger' } });
  });

  it('is not this device itself', async () => {
    expect(await refusalOf(await sealUnder(certificateOf(bob), bob))).toBe('ownDevice');
  });

  it('is not told by the standing of a content that is bound to somebody else', async () => {
    const asked: string[] = [];
    const gate = gateWith(({ text }) => {
      asked.push(text);
      return 'active';
    });
    const carol = new TestParty(server);
    await bob.open(await alice.seal(bob, 'as carol', { senderDevice: carol.deviceId }), gate);
    expect(asked).toEqual([]);
  });
});

describe('the certificate', () => {
  it('is judged at the time when the server took the envelope', async () => {
    const envelope = await alice.seal(bob, 'queued');
    const expiry = unixMs(START + DAY_MS);
    expect(await refusalOf({ ...envelope, serverTime: unixMs(expiry + 1) })).toBe('expired');
    server.clock.advance(20 * DAY_MS);
    expect(await bob.open({ ...envelope, serverTime: expiry })).toMatchObject({ outcome: 'opened' });
  });

  it('is of the pinned trust root', async () => {
    const foreign = new TestServer();
    expect(await refusalOf(await sealUnder(foreign.certificateFor(alice.identity).bytes))).toBe('signature');
  });

  it('is issued under a pinned server certificate, even if the root signed another', async () => {
    const { trustRootPrivateKey, certificateKey } = server.keyRing;
    const other = new TestServer().keyRing.certificateKey;
    const device = { deviceId: alice.deviceId, identityKey: alice.identity.identityKeyPair.publicKey };
    const stolen = newServerCertificate(
      7,
      CertificatePublicKey.of(curvePublicKey(other)),
      present(trustRootPrivateKey),
    );
    const underStolen = newSenderCertificate(device, unixMs(START + DAY_MS), stolen, other);
    expect(await refusalOf(await sealUnder(underStolen))).toBe('serverCertificate');
    const wrongKey = newSenderCertificate(device, unixMs(START + DAY_MS), stolen, certificateKey);
    expect(await refusalOf(await sealUnder(wrongKey))).toBe('signature');
  });

  it('that has been seen before is refused all the same once it has expired, or its server certificate is unpinned', async () => {
    await bob.open(await alice.seal(bob, 'seen'));
    const envelope = await alice.seal(bob, 'again');
    const options = { trust: server.trust, gate: gateWith(() => 'active'), commit: () => undefined };
    const resultWith = async (changes: Partial<typeof options>, serverTime = envelope.serverTime) => {
      const [received] = await bob.messenger.receive([{ ...envelope, serverTime }], { ...options, ...changes });
      return present(received).result;
    };
    const expired = await resultWith({}, unixMs(START + DAY_MS + 1));
    expect(expired).toEqual({ outcome: 'refused', reason: 'expired' });
    const unpinned = await resultWith({ trust: { ...server.trust, serverCertificates: [] } });
    expect(unpinned).toEqual({ outcome: 'refused', reason: 'serverCertificate' });
    const otherRoot = await resultWith({ trust: { ...server.trust, trustRoot: new TestServer().trust.trustRoot } });
    expect(otherRoot).toEqual({ outcome: 'refused', reason: 'signature' });
    expect(await resultWith({})).toMatchObject({ outcome: 'opened' });
  });

  it('names the device that its key belongs to', async () => {
    const { keys, certificateKey } = server.keyRing;
    const mallory = new TestParty(server);
    const device = { deviceId: alice.deviceId, identityKey: mallory.identity.identityKeyPair.publicKey };
    const misissued = newSenderCertificate(device, unixMs(START + DAY_MS), keys.certificate, certificateKey);
    expect(await refusalOf(await sealUnder(misissued, mallory))).toBe('foreignIdentity');
  });

  it.each([
    ['a second device number', () => ({ number: 2 })],
    ['a telephone number', () => ({ e164: '+12025550123' })],
    ['an id that no device has', () => ({ name: alice.accountId })],
    ['a name that is no id', () => ({ name: 'alice' })],
    ['an expiry beyond time', () => ({ expiresAt: Number.MAX_SAFE_INTEGER })],
  ])('names a device and nothing else: %s is refused', async (_, change) => {
    const { keys, certificateKey } = server.keyRing;
    const { number, e164, name, expiresAt } = {
      number: 1,
      e164: null,
      name: alice.deviceId as string,
      expiresAt: START + DAY_MS,
      ...change(),
    };
    const native = libsignal.SenderCertificate.new(
      name,
      e164,
      number,
      libsignal.PublicKey.deserialize(alice.identity.identityKeyPair.publicKey),
      expiresAt,
      libsignal.ServerCertificate.deserialize(keys.certificate),
      libsignal.PrivateKey.deserialize(certificateKey.unwrap()),
    );
    expect(await refusalOf(await sealUnder(SenderCertificateBytes.of(native.serialize())))).toBe('malformed');
  });

  it(
    'is refused with any bit of it changed',
    async () => {
      const sender = await HostileSender.start();
      const { plaintext } = alice.copyFor(bob, 'forged');
      const changes = [...corruptions(certificateOf(alice))];
      let sealed = 0;
      for (const index of sampled(changes.length, 60)) {
        const { name, bytes } = present(changes[index]);
        const changed = SenderCertificateBytes.parse(bytes);
        // Some changes leave nothing that even a hostile sender could seal with.
        const envelope = changed && (await sender.sealUnder(changed, plaintext).catch(() => undefined));
        if (envelope === undefined) continue;
        sealed += 1;
        expect([name, await refusalOf(envelope)]).not.toEqual([name, 'opened']);
      }
      expect(sealed).toBeGreaterThan(5);
    },
    LONG_TEST_MS,
  );
});

describe('hostile bytes', () => {
  it('an expiry that no double holds stops nothing: libsignal throws a RangeError for it', async () => {
    const sender = await HostileSender.start();
    const { content, certificate } = await honestContent(sender, alice.copyFor(bob, 'x').plaintext);
    const expiry = Buffer.alloc(8);
    expiry.writeBigUInt64LE(BigInt(certificate.expiration()));
    const bytes = content.serialize();
    const at = Buffer.from(bytes).indexOf(expiry);
    expect(at).toBeGreaterThan(0);
    bytes[at + 7] = 0x7f;
    const poisoned = await sender.seal(libsignal.UnidentifiedSenderMessageContent.deserialize(bytes));
    expect(await refusalOf(poisoned)).toBe('seal');
  });

  it(
    'no changed bit and no cut of an envelope opens or changes anything',
    async () => {
      const envelope = await alice.seal(bob, 'sealed');
      const changes = [...corruptions(envelope.ciphertext)];
      for (const index of sampled(changes.length, 200)) {
        const { name, bytes } = present(changes[index]);
        const ciphertext = SealedBytes.parse(bytes);
        if (ciphertext === undefined) continue;
        expect([name, await refusalOf({ ...envelope, ciphertext })]).toEqual([name, 'seal']);
      }
      expect(await bob.open(envelope)).toMatchObject({ outcome: 'opened' });
    },
    LONG_TEST_MS,
  );

  it(
    'no changed bit and no cut of what is inside the seal opens as anything else',
    async () => {
      const sender = await HostileSender.start();
      const { content } = await honestContent(sender, alice.copyFor(bob, 'forged').plaintext);
      const changes = [...corruptions(content.serialize())];
      const probe = bob.state;
      let refused = 0;
      for (const index of sampled(changes.length, 150)) {
        const { name, bytes } = present(changes[index]);
        let changed;
        try {
          changed = libsignal.UnidentifiedSenderMessageContent.deserialize(bytes);
        } catch {
          continue;
        }
        bob.state = probe;
        bob.restart();
        const before = bob.state.hash();
        const result = await bob.open(await sender.seal(changed));
        // The sender's hint is the sender's to choose; everything else is authenticated.
        if (result.outcome === 'opened') expect([name, result.content.text]).toEqual([name, 'forged']);
        else expect([name, bob.state.hash()]).toEqual([name, before]);
        refused += result.outcome === 'opened' ? 0 : 1;
      }
      expect(refused).toBeGreaterThan(50);
    },
    LONG_TEST_MS,
  );

  it(
    'no changed bit of a later ratchet message opens',
    async () => {
      await bob.open(await alice.seal(bob, 'begin'));
      await alice.open(await bob.seal(alice, 'begun'));
      const sender = await HostileSender.start();
      const { message, content } = await honestContent(sender, alice.copyFor(bob, 'ratchet').plaintext);
      const honest = content.serialize();
      const inner = message.serialize();
      const start = Buffer.from(honest).indexOf(inner);
      expect(start).toBeGreaterThan(0);
      for (const index of sampled(inner.length * 8, 100)) {
        const changed = honest.slice();
        changed[start + (index >> 3)] = (changed[start + (index >> 3)] ?? 0) ^ (1 << (index % 8));
        const envelope = await sender.seal(libsignal.UnidentifiedSenderMessageContent.deserialize(changed));
        expect([index, await refusalOf(envelope)]).toEqual([index, 'invalid']);
      }
      expect(await bob.open(await sender.seal(content))).toMatchObject({ outcome: 'opened' });
    },
    LONG_TEST_MS,
  );

  it.each([
    ['empty', new Uint8Array(), 'invalid'],
    ['no content', new TextEncoder().encode('not JSON'), 'content'],
  ])('a plaintext that is %s is refused, and the ratchet stays where it was', async (_, plaintext, reason) => {
    const sender = await HostileSender.start();
    const { content } = await honestContent(sender, plaintext);
    expect(await refusalOf(await sender.seal(content))).toBe(reason);
  });

  it('a message of a group is refused as unsupported', async () => {
    const sender = await HostileSender.start();
    const { message, certificate } = await honestContent(sender, alice.copyFor(bob, 'x').plaintext);
    const grouped = libsignal.UnidentifiedSenderMessageContent.new(message, certificate, 1, new Uint8Array(32));
    expect(await refusalOf(await sender.seal(grouped))).toBe('unsupported');
  });

  it('a plaintext without a ratchet is refused as unsupported', async () => {
    const sender = await HostileSender.start();
    const { message, certificate } = await honestContent(sender, alice.copyFor(bob, 'x').plaintext);
    const error = libsignal.DecryptionErrorMessage.forOriginal(
      message.serialize(),
      libsignal.CiphertextMessageType.PreKey,
      START,
      1,
    );
    const plain = libsignal.PlaintextContent.from(error).asCiphertextMessage();
    const content = libsignal.UnidentifiedSenderMessageContent.new(plain, certificate, 1, null);
    expect(await refusalOf(await sender.seal(content))).toBe('unsupported');
  });

  it('tells whether what cannot be opened was worth asking for again', async () => {
    const { plaintext } = alice.copyFor(bob, 'x');
    const bundle = bob.bundle();
    for (const contentHint of ['resendable', 'implicit'] as const) {
      await alice.messenger.deleteSessions([bob.deviceId], () => undefined);
      const copies = [{ deviceId: bob.deviceId, plaintext }];
      const envelope = await alice.sealWith(bundle, { copies, contentHint });
      await bob.open(envelope);
      await bob.messenger.deleteSessions([alice.deviceId], () => undefined);
      expect(await bob.open(envelope)).toMatchObject({ outcome: 'undecryptable', contentHint });
    }
  });
});
