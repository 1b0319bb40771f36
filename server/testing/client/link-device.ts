import {
  deviceSigningPublicKeyOf,
  linkPublicKeyOf,
  listHash,
  signDeviceList,
  systemRandom,
  type DeviceKeys,
  type DeviceList,
  type SignedDeviceList,
} from '@sotto/crypto';
import {
  CertificateBytes,
  certificateHash,
  DeviceListBytes,
  issueReceipt,
  loadServerKeys,
  parseDeviceList,
} from '@sotto/crypto/server';
import { idBytes, type DeviceId } from '@sotto/protocol/ids';
import type { Storage } from '../../storage/storage.js';
import { newDeviceKeys, preKeysOf, systemNow, type TestAccount } from './test-account.js';

/** The certificate of a linked device by the letter of the format, so that linking need not exist to test what follows it. */
const certificateOf = (account: TestAccount, device: DeviceKeys): CertificateBytes => {
  const issuedAt = Buffer.alloc(8);
  issuedAt.writeBigUInt64BE(BigInt(systemNow()));
  return CertificateBytes.of(
    Buffer.concat([
      Buffer.from('sotto/device-cert/1', 'ascii'),
      idBytes(account.accountId),
      idBytes(device.deviceId),
      deviceSigningPublicKeyOf(device.signingKey),
      device.identityKeyPair.publicKey,
      Buffer.of(1),
      linkPublicKeyOf(device.linkKey),
      issuedAt,
      systemRandom.bytes(16),
    ]),
  );
};

/** The list that an account has now. */
export const presentList = async (storage: Storage, account: TestAccount) => {
  const { steps } = await storage.deviceLists.page(account.accountId, undefined, 1_000);
  const stored = steps.at(-1)?.bytes;
  const list = stored && parseDeviceList(stored);
  if (!stored || !list) throw new Error('The account has no device list');
  return { list, hash: listHash(DeviceListBytes.of(stored)) };
};

/** The list after the present one, with other entries, signed by the first device's link key unless told otherwise. */
export const nextList = async (
  storage: Storage,
  account: TestAccount,
  change: (list: DeviceList) => Partial<DeviceList>,
): Promise<SignedDeviceList> => {
  const { list, hash } = await presentList(storage, account);
  const { deviceId, linkKey } = account.keys.device;
  const next = { ...list, number: list.number + 1, previousHash: hash, signer: { kind: 'linkKey', deviceId } as const };
  return signDeviceList({ ...next, ...change(list) }, linkKey);
};

/** The list that follows when devices are removed. */
export const listWithout = (storage: Storage, account: TestAccount, ...removed: readonly DeviceId[]) =>
  nextList(storage, account, (list) => ({
    entries: list.entries.filter((entry) => !removed.includes(entry.deviceId)),
  }));

/** Puts one more device on an account's list, straight into the database: what linking will do through the server. */
export const linkDevice = async (storage: Storage, account: TestAccount): Promise<DeviceKeys> => {
  const device = newDeviceKeys();
  const bytes = certificateOf(account, device);
  const hash = certificateHash(bytes);
  const before = await presentList(storage, account);
  const signed = await nextList(storage, account, (list) => ({
    entries: [...list.entries, { deviceId: device.deviceId, certificateHash: hash }],
  }));
  const secrets = await storage.serverSecrets.loadOrCreate(() => new Map(), systemNow());
  const place = { epoch: before.list.epoch, number: before.list.number + 1, hash: listHash(signed.bytes) };
  const receipt = issueReceipt(loadServerKeys(secrets).receiptKey, account.accountId, place, systemNow());
  const signatures = { signingKeySignature: systemRandom.bytes(64), identityKeySignature: systemRandom.bytes(64) };
  await storage.transactions.run(async () => {
    await storage.deviceLists.append(
      account.accountId,
      { epoch: before.list.epoch, number: before.list.number, hash: before.hash },
      {
        ...place,
        bytes: signed.bytes,
        signature: signed.signature,
        previousHash: before.hash,
        receivedAt: receipt.time,
        receiptSignature: receipt.signature,
      },
    );
    await storage.devices.activate({
      accountId: account.accountId,
      deviceId: device.deviceId,
      certificate: { bytes, ...signatures, hash },
      signingKey: deviceSigningPublicKeyOf(device.signingKey),
      identityKey: device.identityKeyPair.publicKey,
      linkKey: linkPublicKeyOf(device.linkKey),
      registrationId: device.registrationId,
      linkedAt: systemNow(),
    });
    await storage.preKeys.publish(
      { accountId: account.accountId, deviceId: device.deviceId },
      preKeysOf(device, 1),
      100,
    );
  });
  return device;
};
