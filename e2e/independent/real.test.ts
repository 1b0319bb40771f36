/** The implementation that was written from SPEC alone links with the real one, on either side; both show the same digits. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  claimLinkOffer,
  createAccount,
  createLinkOffer,
  generateDeviceKeys,
  parseDeviceLabel,
  parseLinkCode,
  parseLinkDigits,
  parseLinkHost,
  Plaintext,
  ReceiptKey,
  ReceiptPublicKey,
  systemRandom,
  verifyChain,
  type NewAccount,
  type VerifiedHead,
} from '@sotto/crypto';
import { issueReceipt, listHash, verifyNextList } from '@sotto/crypto/server';
import { idBytes, parseUnixMs } from '@sotto/protocol/ids';
import {
  demandInvitation,
  deviceId,
  signCertificate,
  writeCertificate,
  writeList,
  readList,
  type AccountChain,
  type Invitation,
} from './account.js';
import { AuthorisedDevice } from './authorised-device.js';
import { toHex, type Bytes } from './bytes.js';
import { readCode, sessionId } from './link-code.js';
import { NewDevice, type ClaimDraws, type NewDeviceSecrets } from './new-device.js';
import { ed25519Public, ed25519Sign, hash, random } from './primitives.js';

const present = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('A value was expected.');
  return value;
};
const expectOutcome = <Verdict extends { outcome: string }, Outcome extends Verdict['outcome']>(
  verdict: Verdict,
  outcome: Outcome,
): Extract<Verdict, { outcome: Outcome }> => {
  expect(verdict).toMatchObject({ outcome });
  return verdict as Extract<Verdict, { outcome: Outcome }>;
};

const NOW = present(parseUnixMs(1_770_000_000_000));
const EXPIRY_SECONDS = NOW / 1000 + 60;
const EXPIRY = present(parseUnixMs(EXPIRY_SECONDS * 1000));
const HOST = present(parseLinkHost('chat.example.org'));
const PAYLOAD = Plaintext.of(new TextEncoder().encode('what an authorised device hands over'));
const label = (text: string) => present(parseDeviceLabel(text));
const newSecrets = (): NewDeviceSecrets => ({ identity: random(32), signing: random(32), link: random(32) });
const newDraws = (): ClaimDraws => ({ ephemeral: random(32), kemSeed: random(64), nonce: random(32) });

/** An account of the real implementation, as a server has it and as A hands it over. */
interface Account {
  readonly account: NewAccount;
  readonly head: VerifiedHead;
  readonly chain: AccountChain;
}

const registered = (): Account => {
  const account = createAccount({ random: systemRandom, clock: { now: () => NOW } });
  const { accountId, genesis, certificate, root } = account;
  const receiptKey = ReceiptKey.generate(systemRandom);
  const receiptPublicKey = ReceiptPublicKey.of(ed25519Public(receiptKey.unwrap()));
  const receipt = issueReceipt(receiptKey, accountId, { epoch: 0, number: 0, hash: listHash(genesis.bytes) }, NOW);
  const step = { list: genesis, certificates: [certificate], receipt };
  const { head } = expectOutcome(verifyChain({ accountId, root }, receiptPublicKey, [step]), 'verified');
  const chain: AccountChain = {
    account: idBytes(accountId),
    aik: root.accountIdentityKey,
    recoveryKey: root.recoveryPublicKey,
    receiptKey: receiptPublicKey,
    lists: [{ ...genesis, receipt }],
    certificates: [
      {
        bytes: certificate.bytes,
        signingSignature: certificate.dskSignature,
        identitySignature: certificate.ikSignature,
      },
    ],
  };
  return { account, head, chain };
};

const RULES = { mostDevices: 5, acceptedAt: NOW };

let anna: Account;
beforeEach(() => {
  anna = registered();
});

describe('the new device is the independent one', () => {
  const secrets = newSecrets();

  /** From the code to the grant: the real A displays, this N reads. */
  const link = ({ account, head, chain }: Account) => {
    const offer = createLinkOffer({
      ...{ signingKey: account.device.signingKey, host: HOST, expiresAt: EXPIRY, random: systemRandom },
    });
    const code = readCode(offer.codeText);
    const n = new NewDevice(code, secrets, { name: 'Second implementation', system: 'Text alone' }, newDraws());
    const { claimed } = expectOutcome(offer.acceptClaim(n.m1), 'claimed');
    const shown = n.show(claimed.message);
    const { proven } = expectOutcome(claimed.acceptProof(shown.m3), 'proven');
    expect(proven.device).toMatchObject({ name: 'Second implementation', system: 'Text alone' });
    const matched = expectOutcome(proven.matchDigits(present(parseLinkDigits(shown.digits))), 'matched').link;
    const signer = { deviceId: account.device.deviceId, linkKey: account.device.linkKey };
    const { grant } = expectOutcome(matched.certify({ head, mostDevices: 5, issuedAt: NOW, signer }), 'signed');
    expect(toHex(shown.open(matched.seal(PAYLOAD).message))).toBe(toHex(PAYLOAD));
    const invitation: Invitation = { chain, certificate: grant.certificate, nextList: grant.list };
    return { code, n, grant, invitation };
  };

  it('joins: what it verifies and signs the server takes', () => {
    const { code, n, grant, invitation } = link(anna);
    demandInvitation(invitation, code.offer, n.keys);
    const { bytes, signingSignature, identitySignature } = signCertificate(grant.certificate, secrets);
    const certificate = { bytes, dskSignature: signingSignature, ikSignature: identitySignature };
    const verdict = verifyNextList(anna.head, { list: grant.list, certificates: [certificate] }, RULES);
    const { head } = expectOutcome(verdict, 'valid');
    const devices = head.list.entries.map((entry) => toHex(idBytes(entry.deviceId)));
    expect(devices).toContain(toHex(deviceId(n.keys.identity)));
  });

  it('refuses a code that another account displayed', () => {
    const mallory = registered();
    const { code, n } = link(mallory);
    const { invitation } = link(anna);
    expect(() => demandInvitation(invitation, code.offer, n.keys)).toThrow('displayed by another than approves');
  });

  it('refuses a certificate of another link', () => {
    const { code, n, invitation } = link(anna);
    const other = link(anna);
    expect(() => demandInvitation({ ...invitation, certificate: other.grant.certificate }, code.offer, n.keys)).toThrow(
      'a certificate of another device',
    );
  });

  it('refuses a head that the server did not receipt', () => {
    const { code, n, invitation } = link(anna);
    const chain = { ...invitation.chain, receiptKey: ed25519Public(random(32)) };
    expect(() => demandInvitation({ ...invitation, chain }, code.offer, n.keys)).toThrow('a list without a receipt');
  });

  it('refuses a list that adds a ghost as well', () => {
    const { code, n, grant, invitation } = link(anna);
    const list = readList(new Uint8Array(grant.list.bytes));
    const ghost = { device: new Uint8Array(16).fill(0xff), certificate: random(32) };
    const bytes = writeList({ ...list, entries: [...list.entries, ghost] });
    const signature = ed25519Sign(anna.account.device.linkKey.unwrap(), bytes);
    expect(() => demandInvitation({ ...invitation, nextList: { bytes, signature } }, code.offer, n.keys)).toThrow(
      'a list with another change',
    );
  });
});

describe('the authorised device is the independent one', () => {
  it('links the real new device, which verifies what it is given', () => {
    const { account, head, chain } = anna;
    const { signingKey, linkKey } = account.device;
    const a = new AuthorisedDevice(
      { expirySeconds: EXPIRY_SECONDS, host: HOST, textExport: false, historyOffered: true },
      signingKey.unwrap(),
      { ephemeral: random(32), secret: random(32), kemRandomness: random(32), nonce: random(32) },
    );
    const { code } = expectOutcome(parseLinkCode(a.codeText), 'offer');
    const own = { keys: generateDeviceKeys(systemRandom), name: label('Laptop'), system: label('Linux 6.1') };
    const claim = claimLinkOffer(code, { own, random: systemRandom });
    const answered = a.take(claim.message);
    const { awaited } = expectOutcome(claim.acceptAnswer(answered.m2), 'answered');
    expect(answered.peer).toMatchObject({ name: 'Laptop', system: 'Linux 6.1' });
    const m4 = answered.approve(awaited.message, present(awaited.digits), PAYLOAD);
    const { received } = expectOutcome(awaited.openGrant(m4), 'opened');
    expect(toHex(received.payload)).toBe(toHex(PAYLOAD));

    const { keys } = answered.peer;
    const device = deviceId(keys.identity);
    const certificate = writeCertificate({
      ...{ account: chain.account, device, ...keys, issued: BigInt(NOW) },
      linkSession: sessionId(a.code.offer.token),
    });
    const list = nextList(chain, device, certificate);
    const signed = { bytes: list, signature: ed25519Sign(linkKey.unwrap(), list) };
    const { join } = expectOutcome(received.verify({ head, certificate, list: signed }), 'joinable');
    expect(join).toMatchObject({ accountId: account.accountId, host: HOST, authorisedBy: account.device.deviceId });
    expect(join.head.findDevice(own.keys.deviceId)).toBeDefined();
  });
});

/** The list of §10.4: the head's entries and one more. */
const nextList = (chain: AccountChain, device: Bytes, certificate: Bytes): Bytes => {
  const head = present(chain.lists.at(-1));
  const before = readList(head.bytes);
  const [signer] = before.entries;
  const entries = [...before.entries, { device, certificate: hash(certificate) }];
  return writeList({
    ...before,
    number: before.number + 1,
    previous: hash(head.bytes),
    signer: 2,
    signerDevice: present(signer).device,
    entries: entries.toSorted((left, right) => Buffer.compare(left.device, right.device)),
  });
};
