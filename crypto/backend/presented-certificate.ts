import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { IdentityPublicKey, SenderCertificateBytes, ServerCertificateBytes, TrustRootPublicKey } from '../keys.js';

/** What a sender certificate says; nothing of it is to be believed before `isSignedBy` has been asked. */
export interface PresentedCertificate {
  /** All of it, as it was presented. */
  readonly bytes: SenderCertificateBytes;
  /** `undefined` unless it names exactly a device: a UUIDv8, the one device number, no telephone number. */
  readonly deviceId: DeviceId | undefined;
  readonly identityKey: IdentityPublicKey | undefined;
  readonly expiresAt: UnixMs | undefined;
  /** The certificate of the server that issued it. */
  readonly serverCertificate: ServerCertificateBytes;
  /** Do the signatures lead to `root`, and had it not expired at `time`? */
  isSignedBy(root: TrustRootPublicKey, time: UnixMs): boolean;
}
