import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import { parseSenderCertificate } from '../backend/libsignal-sealed-sender.js';
import type { PresentedCertificate } from '../backend/presented-certificate.js';
import { constantTimeEqual } from '../constant-time.js';
import { deviceIdOf } from '../identity/device-id.js';
import type { SenderCertificateBytes, ServerCertificateBytes, TrustRootPublicKey } from '../keys.js';
import type { LocalIdentity } from '../store.js';

/** Whose sender certificates are believed. */
export interface SenderTrust {
  readonly trustRoot: TrustRootPublicKey;
  /**
   * The server certificates of the pinned server keys: the newest, and those that it replaced while envelopes sealed under
   * them may still wait. A server certificate never expires by itself, so a stolen one is refused by not being named here.
   */
  readonly serverCertificates: readonly ServerCertificateBytes[];
}

/** What is wrong with a sender certificate. */
export type CertificateRefusal =
  | 'malformed'
  /** Not signed by the trust root's server, or changed after it was signed. */
  | 'signature'
  | 'expired'
  /** Issued under a server certificate that the pinned server keys do not name. */
  | 'serverCertificate'
  /** Names another device than the one that its identity key belongs to. */
  | 'foreignIdentity';

export type SenderVerdict =
  | { readonly outcome: 'verified'; readonly deviceId: DeviceId }
  | { readonly outcome: 'refused'; readonly reason: CertificateRefusal };

const refused = (reason: CertificateRefusal) => ({ outcome: 'refused', reason }) as const;

/** Gives every byte a character of its own, so that equal texts are equal bytes. */
const latin1 = new TextDecoder('latin1');

/** How many certificates are remembered before all are forgotten. */
const REMEMBERED_CERTIFICATES = 1_000;

/**
 * Verifies sender certificates (SPEC §5.5). A peer presents one certificate with everything that it sends in a day: bytes
 * whose signatures were good under a trust root are good under it for ever, so they are checked once. Expiry and the pinned
 * server certificates are looked at each time.
 */
export class SenderVerifier {
  readonly #proven = new Set<string>();

  /** Which device speaks, judged at `time`. It proves nothing about accounts. */
  verify(certificate: PresentedCertificate, trust: SenderTrust, time: UnixMs): SenderVerdict {
    const { deviceId, identityKey, expiresAt } = certificate;
    if (deviceId === undefined || identityKey === undefined || expiresAt === undefined) return refused('malformed');
    if (expiresAt < time) return refused('expired');
    const proof = `${latin1.decode(trust.trustRoot)} ${latin1.decode(certificate.bytes)}`;
    if (!this.#proven.has(proof)) {
      if (!certificate.isSignedBy(trust.trustRoot, time)) return refused('signature');
      if (deviceIdOf(identityKey) !== deviceId) return refused('foreignIdentity');
      this.#remember(proof);
    }
    const isPinned = (pinned: ServerCertificateBytes) => constantTimeEqual(pinned, certificate.serverCertificate);
    return trust.serverCertificates.some(isPinned) ? { outcome: 'verified', deviceId } : refused('serverCertificate');
  }

  #remember(proof: string): void {
    if (this.#proven.size >= REMEMBERED_CERTIFICATES) this.#proven.clear();
    this.#proven.add(proof);
  }
}

/** What a device needs to check the certificate that the server issued to it. */
export interface OwnCertificateContext {
  readonly identity: LocalIdentity;
  readonly trust: SenderTrust;
  readonly now: UnixMs;
}

/** `otherDevice`: valid, but for somebody else. */
export type OwnCertificateVerdict =
  | { readonly outcome: 'verified'; readonly certificate: OwnSenderCertificate }
  | { readonly outcome: 'refused'; readonly reason: CertificateRefusal | 'otherDevice' };

/**
 * The own sender certificate as recipients will see it. Only {@link OwnSenderCertificate.verify} makes one, so that a server
 * cannot make this device send what nobody will open.
 */
export class OwnSenderCertificate {
  readonly bytes: SenderCertificateBytes;
  /** What is sealed with it must reach the server by then: recipients judge it at the time when the server took it. */
  readonly expiresAt: UnixMs;

  private constructor(bytes: SenderCertificateBytes, expiresAt: UnixMs) {
    this.bytes = bytes;
    this.expiresAt = expiresAt;
  }

  static verify(bytes: SenderCertificateBytes, { identity, trust, now }: OwnCertificateContext): OwnCertificateVerdict {
    const presented = parseSenderCertificate(bytes);
    if (presented?.expiresAt === undefined) return refused('malformed');
    const verdict = new SenderVerifier().verify(presented, trust, now);
    if (verdict.outcome === 'refused') return verdict;
    if (verdict.deviceId !== identity.deviceId) return { outcome: 'refused', reason: 'otherDevice' };
    return { outcome: 'verified', certificate: new OwnSenderCertificate(bytes, presented.expiresAt) };
  }
}
