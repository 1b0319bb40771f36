import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import { parseSenderCertificate, type PresentedCertificate } from '../backend/libsignal-sealed-sender.js';
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

/**
 * Verifies a presented sender certificate at `time` (SPEC §5.4). It proves which device is speaking and nothing about
 * accounts.
 */
export const verifySender = (
  certificate: PresentedCertificate,
  { trustRoot, serverCertificates }: SenderTrust,
  time: UnixMs,
): SenderVerdict => {
  const { deviceId, identityKey, expiresAt } = certificate;
  if (deviceId === undefined || identityKey === undefined || expiresAt === undefined) return refused('malformed');
  if (expiresAt < time) return refused('expired');
  if (!certificate.isSignedBy(trustRoot, time)) return refused('signature');
  const isPinned = (pinned: ServerCertificateBytes) => constantTimeEqual(pinned, certificate.serverCertificate);
  if (!serverCertificates.some(isPinned)) return refused('serverCertificate');
  if (deviceIdOf(identityKey) !== deviceId) return refused('foreignIdentity');
  return { outcome: 'verified', deviceId };
};

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
    const verdict = verifySender(presented, trust, now);
    if (verdict.outcome === 'refused') return verdict;
    if (verdict.deviceId !== identity.deviceId) return { outcome: 'refused', reason: 'otherDevice' };
    return { outcome: 'verified', certificate: new OwnSenderCertificate(bytes, presented.expiresAt) };
  }
}
