import type { AccountId, UnixMs } from '@sotto/protocol/ids';
import type { RecoverySeed } from '../keys.js';
import { deriveAccountIdentityPrivateKey, deriveAccountRoot, rootHash } from './account-root.js';
import { certificateHash, signCertificate, type SignedCertificate } from './certificate.js';
import { deviceSigningPublicKeyOf, linkPublicKeyOf, type DeviceKeys } from './device-keys.js';
import type { DeviceListEntry } from './device-list.js';
import { signDeviceList, type SignedDeviceList } from './list-signature.js';

/** The epoch to start: the server's time, and above the epoch before even where that was ahead of it (SPEC §3.3). */
export const epochAfter = (previousEpoch: number, serverTime: UnixMs): number =>
  Math.max(serverTime, previousEpoch + 1);

/**
 * Signs the first list of an epoch with the account identity key, which is derived for this signature alone. Whoever calls it
 * purges the seed when the operation is over.
 */
export const signFirstList = (
  seed: RecoverySeed,
  first: { readonly accountId: AccountId; readonly epoch: number; readonly entries: readonly DeviceListEntry[] },
): SignedDeviceList => {
  const privateKey = deriveAccountIdentityPrivateKey(seed);
  try {
    return signDeviceList(
      {
        ...first,
        root: rootHash(deriveAccountRoot(seed)),
        number: 0,
        previousHash: undefined,
        signer: { kind: 'accountIdentityKey' },
      },
      privateKey,
    );
  } finally {
    privateKey.purge();
  }
};

/** The one device of a new epoch, and the list that names it. */
export interface NewEpoch {
  readonly certificate: SignedCertificate;
  readonly list: SignedDeviceList;
}

/**
 * Starts an epoch that names one device alone: at registration, and when an account is recovered, where every other device has to
 * be linked again. An existing device keeps its identity and signing keys and comes with a new link key.
 */
export const startEpoch = (
  seed: RecoverySeed,
  start: {
    readonly accountId: AccountId;
    readonly epoch: number;
    readonly device: DeviceKeys;
    readonly issuedAt: UnixMs;
  },
): NewEpoch => {
  const { accountId, epoch, device, issuedAt } = start;
  const certificate = signCertificate(
    {
      accountId,
      deviceId: device.deviceId,
      signingKey: deviceSigningPublicKeyOf(device.signingKey),
      identityKey: device.identityKeyPair.publicKey,
      linkKey: linkPublicKeyOf(device.linkKey),
      issuedAt,
      linkSession: undefined,
    },
    { signingKey: device.signingKey, identityPrivateKey: device.identityKeyPair.privateKey },
  );
  const entries = [{ deviceId: device.deviceId, certificateHash: certificateHash(certificate.bytes) }];
  return { certificate, list: signFirstList(seed, { accountId, epoch, entries }) };
};
