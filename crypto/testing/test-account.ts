import { parseUnixMs, type AccountId, type UnixMs } from '@sotto/protocol/ids';
import { createAccount, type NewAccount } from '../identity/account.js';
import { deriveAccountIdentityPrivateKey, rootHash } from '../identity/account-root.js';
import { certificateHash, signCertificate, type SignedCertificate } from '../identity/certificate.js';
import {
  deviceSigningPublicKeyOf,
  generateDeviceKeys,
  linkPublicKeyOf,
  type DeviceKeys,
} from '../identity/device-keys.js';
import type { DeviceList, DeviceListEntry, ListSigner } from '../identity/device-list.js';
import { signDeviceList, type ListSigningKey, type SignedDeviceList } from '../identity/list-signature.js';
import { verifyGenesis } from '../identity/list-rules.js';
import type { ListRules, UntrustedList } from '../identity/list-verdict.js';
import type { VerifiedHead } from '../identity/verified-head.js';
import { LinkSessionId } from '../keys.js';
import { seededRandomForTesting } from './seeded-random.js';

/** A number as a time. */
export const at = (ms: number): UnixMs => {
  const time = parseUnixMs(ms);
  if (time === undefined) throw new RangeError(`${ms} is no time.`);
  return time;
};

export const NOW = at(1_770_000_000_000);
export const RULES: ListRules = { mostDevices: 5, acceptedAt: NOW };

/** A device with its private keys and certificate. */
export interface TestDevice {
  readonly keys: DeviceKeys;
  readonly certificate: SignedCertificate;
  readonly entry: DeviceListEntry;
}

/** A device of an account, link-capable unless said otherwise. The same seed makes the same keys. */
export const testDevice = (accountId: AccountId, seed: string, { canLink = true } = {}): TestDevice => {
  const random = seededRandomForTesting(seed);
  const keys = generateDeviceKeys(random);
  const certificate = signCertificate(
    {
      accountId,
      deviceId: keys.deviceId,
      signingKey: deviceSigningPublicKeyOf(keys.signingKey),
      identityKey: keys.identityKeyPair.publicKey,
      linkKey: canLink ? linkPublicKeyOf(keys.linkKey) : undefined,
      issuedAt: NOW,
      linkSession: LinkSessionId.of(random.bytes(16)),
    },
    { signingKey: keys.signingKey, identityPrivateKey: keys.identityKeyPair.privateKey },
  );
  return { keys, certificate, entry: { deviceId: keys.deviceId, certificateHash: certificateHash(certificate.bytes) } };
};

/** An account whose every private key is at hand, so that tests can sign what no honest end would. */
export interface TestAccount {
  readonly account: NewAccount;
  readonly first: TestDevice;
  readonly head: VerifiedHead;
  /** Signs the list after `head` as asked; what is not asked for is as an honest first device would make it. */
  next(head: VerifiedHead, change: ListChange): SignedDeviceList;
}

export interface ListChange extends Partial<DeviceList> {
  readonly key?: ListSigningKey;
}

/** Makes an account with its verified genesis. */
export const testAccount = (seed: string): TestAccount => {
  const account = createAccount({ random: seededRandomForTesting(seed), clock: { now: () => NOW } });
  const first: TestDevice = {
    keys: account.device,
    certificate: account.certificate,
    entry: { deviceId: account.device.deviceId, certificateHash: certificateHash(account.certificate.bytes) },
  };
  const verdict = verifyGenesis(account, { list: account.genesis, certificates: [account.certificate] }, RULES);
  if (verdict.outcome === 'refused') throw new Error(`The genesis of the test account was refused: ${verdict.reason}.`);
  const keyOf = (signer: ListSigner): ListSigningKey => {
    switch (signer.kind) {
      case 'accountIdentityKey':
        return deriveAccountIdentityPrivateKey(account.recoverySeed);
      case 'linkKey':
        return account.device.linkKey;
      case 'deviceSigningKey':
        return account.device.signingKey;
    }
  };
  return {
    account,
    first,
    head: verdict.head,
    next: (head, { key, ...change }) => {
      const list: DeviceList = {
        accountId: account.accountId,
        root: rootHash(account.root),
        epoch: head.list.epoch,
        number: head.list.number + 1,
        previousHash: head.hash,
        signer: { kind: 'linkKey', deviceId: account.device.deviceId },
        entries: head.list.entries,
        ...change,
      };
      return signDeviceList(list, key ?? keyOf(list.signer));
    },
  };
};

/** A list together with the certificates of the devices that it names for the first time. */
export const offer = (list: UntrustedList['list'], ...devices: readonly TestDevice[]): UntrustedList => ({
  list,
  certificates: devices.map((device) => device.certificate),
});
