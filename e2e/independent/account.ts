/** SPEC §3.1 to §3.4 and §10.5: what N believes about the account that it is asked to join. */
import { ascii, concat, demand, Reader, same, toHex, u8, u16, u32, u64, type Bytes } from './bytes.js';
import type { NewDeviceKeys } from './handshake.js';
import type { OfferToken } from './link-code.js';
import { sessionId } from './link-code.js';
import { demandCurveKey, ed25519Sign, ed25519Verify, hash, xeddsaSign, xeddsaVerify } from './primitives.js';

const MOST_ENTRIES = 10;
const LISTS_OF_AN_EPOCH = 1000;
const REMOVALS_ONLY_FROM = 900;
const ZERO_16 = new Uint8Array(16);
const ZERO_32 = new Uint8Array(32);
const BY_AIK = 1;
const BY_LINK_KEY = 2;
const BY_SIGNING_KEY = 3;

/** The first 16 bytes of the hash, with version 8 and the variant of RFC 9562 (§2.2). */
export const deviceId = (identity: Bytes): Bytes => {
  const id = hash(ascii('sotto/device-id/1'), identity).slice(0, 16);
  id[6] = ((id[6] ?? 0) & 0x0f) | 0x80;
  id[8] = ((id[8] ?? 0) & 0x3f) | 0x80;
  return id;
};

export interface Certificate {
  readonly account: Bytes;
  readonly device: Bytes;
  readonly signing: Bytes;
  readonly identity: Bytes;
  readonly link?: Bytes;
  readonly issued: bigint;
  readonly linkSession: Bytes;
}
export interface Signed {
  readonly bytes: Bytes;
  readonly signature: Bytes;
}
export interface SignedCertificate {
  readonly bytes: Bytes;
  readonly signingSignature: Bytes;
  readonly identitySignature: Bytes;
}

export const writeCertificate = (certificate: Certificate): Bytes =>
  concat(
    concat(
      ascii('sotto/device-cert/1'),
      certificate.account,
      certificate.device,
      certificate.signing,
      certificate.identity,
    ),
    certificate.link === undefined ? u8(0) : concat(u8(1), certificate.link),
    concat(u64(certificate.issued), certificate.linkSession),
  );

const readHasLinkKey = (reader: Reader): boolean => {
  const value = reader.u8();
  demand(value <= 1, 'hasLK that is neither 0 nor 1');
  return value === 1;
};

export const readCertificate = (bytes: Bytes): Certificate => {
  const reader = new Reader(bytes);
  reader.label('sotto/device-cert/1');
  const start = {
    account: reader.take(16),
    device: reader.take(16),
    signing: reader.take(32),
    identity: reader.take(33),
  };
  const link = readHasLinkKey(reader) ? { link: reader.take(32) } : {};
  const certificate = { ...start, ...link, issued: reader.u64(), linkSession: reader.take(16) };
  reader.end();
  demandCurveKey(certificate.identity);
  demand(same(certificate.device, deviceId(certificate.identity)), 'a device id that is not the hash of its key');
  return certificate;
};

/** The two signatures that are N's to make. */
export const signCertificate = (bytes: Bytes, secrets: { signing: Bytes; identity: Bytes }): SignedCertificate => ({
  bytes,
  signingSignature: ed25519Sign(secrets.signing, bytes),
  identitySignature: xeddsaSign(secrets.identity, bytes),
});

const readSignedCertificate = ({ bytes, signingSignature, identitySignature }: SignedCertificate): Certificate => {
  const certificate = readCertificate(bytes);
  demand(ed25519Verify(certificate.signing, signingSignature, bytes), 'a certificate that DSK did not sign');
  demand(xeddsaVerify(certificate.identity, identitySignature, bytes), 'a certificate that IK did not sign');
  return certificate;
};

export interface Entry {
  readonly device: Bytes;
  readonly certificate: Bytes;
}
export interface DeviceList {
  readonly account: Bytes;
  readonly root: Bytes;
  readonly epoch: bigint;
  readonly number: number;
  readonly previous: Bytes;
  readonly signer: number;
  readonly signerDevice: Bytes;
  readonly entries: readonly Entry[];
}

export const writeList = (list: DeviceList): Bytes =>
  concat(
    concat(ascii('sotto/device-list/1'), list.account, list.root, u64(list.epoch), u32(list.number), list.previous),
    concat(u8(list.signer), list.signerDevice, u16(list.entries.length)),
    ...list.entries.map(({ device, certificate }) => concat(device, certificate)),
  );

export const readList = (bytes: Bytes): DeviceList => {
  const reader = new Reader(bytes);
  reader.label('sotto/device-list/1');
  const start = {
    ...{ account: reader.take(16), root: reader.take(32), epoch: reader.u64(), number: reader.u32() },
    ...{ previous: reader.take(32), signer: reader.u8(), signerDevice: reader.take(16) },
  };
  const count = reader.u16();
  demand(count <= MOST_ENTRIES, 'too many entries');
  const entries = Array.from({ length: count }, () => ({ device: reader.take(16), certificate: reader.take(32) }));
  reader.end();
  demand(start.signer >= BY_AIK && start.signer <= BY_SIGNING_KEY, 'a signer of no kind');
  demand((start.signer === BY_AIK) === same(start.signerDevice, ZERO_16), 'a signer device that does not fit');
  const ids = entries.map(({ device }) => toHex(device));
  demand(
    ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? '')),
    'entries out of order',
  );
  return { ...start, entries };
};

/** What A hands over of the account: from the last list that AIK signed to the head, and the certificates of them all. */
export interface AccountChain {
  readonly account: Bytes;
  readonly aik: Bytes;
  readonly recoveryKey: Bytes;
  readonly receiptKey: Bytes;
  readonly lists: readonly (Signed & {
    readonly receipt: { readonly time: number | bigint; readonly signature: Bytes };
  })[];
  readonly certificates: readonly SignedCertificate[];
}

type Certificates = ReadonlyMap<string, Certificate>;
const isIn = (entries: readonly Entry[], entry: Entry): boolean =>
  entries.some((other) => same(other.device, entry.device) && same(other.certificate, entry.certificate));
const isWithin = (inner: readonly Entry[], outer: readonly Entry[]): boolean =>
  inner.every((entry) => isIn(outer, entry));

const certificateOf = (chain: AccountChain, certificates: Certificates, entry: Entry): Certificate => {
  const certificate = certificates.get(toHex(entry.certificate));
  demand(certificate !== undefined, 'a device without a certificate');
  demand(
    same(certificate.account, chain.account) && same(certificate.device, entry.device),
    'a certificate of another',
  );
  return certificate;
};

const removesItselfAlone = (head: DeviceList, next: DeviceList): boolean =>
  next.entries.length === head.entries.length - 1 &&
  isWithin(next.entries, head.entries) &&
  !next.entries.some(({ device }) => same(device, next.signerDevice));

/** §3.3 but for the certificates of new entries: place, signer and signature of a list that follows the head. */
const demandNext = (
  chain: AccountChain,
  certificates: Certificates,
  [head, headBytes]: [DeviceList, Bytes],
  signed: Signed,
) => {
  const next = readList(signed.bytes);
  demand(same(next.account, head.account) && same(next.root, head.root), 'a list of another account or root');
  demand(next.epoch === head.epoch && next.number === head.number + 1, 'not the next list');
  demand(same(next.previous, hash(headBytes)), 'a list that does not follow');
  demand(next.number < LISTS_OF_AN_EPOCH, 'an epoch that is full');
  demand(next.number < REMOVALS_ONLY_FROM || isWithin(next.entries, head.entries), 'only removals from here on');
  const entry = head.entries.find(({ device }) => same(device, next.signerDevice));
  demand(entry !== undefined, 'a signer that the head does not name');
  const signer = certificateOf(chain, certificates, entry);
  const key = next.signer === BY_LINK_KEY ? signer.link : signer.signing;
  demand(
    next.signer === BY_LINK_KEY || (next.signer === BY_SIGNING_KEY && removesItselfAlone(head, next)),
    'no right to sign',
  );
  demand(
    key !== undefined && ed25519Verify(key, signed.signature, signed.bytes),
    'a list that its signer did not sign',
  );
  return { next, signer };
};

const demandReceipt = (chain: AccountChain, list: AccountChain['lists'][number]): void => {
  const { account, epoch, number } = readList(list.bytes);
  const receipt = concat(
    ascii('sotto/list-receipt/1'),
    account,
    u64(epoch),
    u32(number),
    hash(list.bytes),
    u64(list.receipt.time),
  );
  demand(ed25519Verify(chain.receiptKey, list.receipt.signature, receipt), 'a list without a receipt');
};

/** Follows the account to its head (§3.5), which A says it is. */
const follow = (chain: AccountChain, certificates: Certificates): [DeviceList, Bytes] => {
  const [first, ...others] = chain.lists;
  demand(first !== undefined, 'no lists');
  const start = readList(first.bytes);
  demand(same(start.account, chain.account), 'a list of another account');
  demand(same(start.root, hash(chain.aik, chain.recoveryKey)), 'a list of another root');
  demand(start.signer === BY_AIK && start.number === 0 && same(start.previous, ZERO_32), 'not a first list');
  demand(start.epoch !== 0n || start.entries.length === 1, 'a genesis names one device');
  demandCurveKey(chain.aik);
  demand(xeddsaVerify(chain.aik, first.signature, first.bytes), 'a first list that AIK did not sign');
  let head: [DeviceList, Bytes] = [start, first.bytes];
  for (const list of others) {
    const { next } = demandNext(chain, certificates, head, list);
    head = [next, list.bytes];
  }
  for (const list of chain.lists) {
    demandReceipt(chain, list);
    const named = readList(list.bytes).entries.map((entry) => certificateOf(chain, certificates, entry));
    demand(
      named.some(({ link }) => link !== undefined),
      'nobody who can link',
    );
  }
  return head;
};

export interface Invitation {
  readonly chain: AccountChain;
  readonly certificate: Bytes;
  readonly nextList: Signed;
}

/** The four refusals of §10.5. */
export const demandInvitation = (invitation: Invitation, offer: OfferToken, own: NewDeviceKeys): void => {
  const { chain, certificate } = invitation;
  const certificates = new Map(
    chain.certificates.map((signed) => [toHex(hash(signed.bytes)), readSignedCertificate(signed)] as const),
  );
  const head = follow(chain, certificates);
  const { next, signer } = demandNext(chain, certificates, head, invitation.nextList);
  demand(next.signer === BY_LINK_KEY, 'not signed by a link key');
  demand(
    ed25519Verify(signer.signing, offer.signature, ascii('slk1/token'), offer.body),
    'displayed by another than approves',
  );
  const { account, device, issued } = readCertificate(certificate);
  const expected = {
    account: chain.account,
    device: deviceId(own.identity),
    ...own,
    issued,
    linkSession: sessionId(offer.token),
  };
  demand(same(certificate, writeCertificate(expected)), 'a certificate of another device');
  const entry = { device, certificate: hash(certificate) };
  demand(same(account, chain.account) && isIn(next.entries, entry), 'a list without this device');
  demand(next.entries.length === head[0].entries.length + 1, 'a list with another change');
  demand(isWithin(head[0].entries, next.entries), 'a list that loses somebody');
};
