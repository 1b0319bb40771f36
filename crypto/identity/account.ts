import { accountIdFromBytes, type AccountId } from '@sotto/protocol/ids';
import { certain } from '../certain.js';
import type { Clock, RandomSource } from '../environment.js';
import { ProfileKey, RecoverySeed, StorageKey } from '../keys.js';
import { deriveAccountRoot, type AccountRoot } from './account-root.js';
import type { SignedCertificate } from './certificate.js';
import { generateDeviceKeys, type DeviceKeys } from './device-keys.js';
import type { SignedDeviceList } from './list-signature.js';
import { startEpoch } from './new-epoch.js';

/** All that registration makes on the first device, before anything is sent (SPEC §4.2). */
export interface NewAccount {
  readonly accountId: AccountId;
  readonly root: AccountRoot;
  /** Wrap it like the link key, then purge it: it is the account. */
  readonly recoverySeed: RecoverySeed;
  readonly profileKey: ProfileKey;
  readonly storageKey: StorageKey;
  readonly device: DeviceKeys;
  readonly certificate: SignedCertificate;
  readonly genesis: SignedDeviceList;
}

const generateAccountId = (random: RandomSource): AccountId => {
  const bytes = random.bytes(16);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x40);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  return certain(accountIdFromBytes(bytes), '16 bytes are an account id');
};

/** Makes an account: its root, its keys, its first device and the genesis list that names this device alone. */
export const createAccount = ({
  random,
  clock,
}: {
  readonly random: RandomSource;
  readonly clock: Clock;
}): NewAccount => {
  const accountId = generateAccountId(random);
  const recoverySeed = RecoverySeed.generate(random);
  const root = deriveAccountRoot(recoverySeed);
  const device = generateDeviceKeys(random);
  const { certificate, list: genesis } = startEpoch(recoverySeed, {
    accountId,
    epoch: 0,
    device,
    issuedAt: clock.now(),
  });
  return {
    accountId,
    root,
    recoverySeed,
    profileKey: ProfileKey.generate(random),
    storageKey: StorageKey.generate(random),
    device,
    certificate,
    genesis,
  };
};
