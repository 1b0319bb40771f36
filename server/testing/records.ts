import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  parseAccountId,
  parseDeviceId,
  parseEnvelopeId,
  parseUnixMs,
  parseUsername,
  type AccountId,
  type DeviceId,
  type EnvelopeId,
  type UnixMs,
  type Username,
} from '@sotto/protocol/ids';
import type { NewAccount } from '../storage/account-repository.js';
import type { Bytes } from '../storage/bytes.js';
import type { DeviceListStep } from '../storage/device-list-repository.js';
import type { DeviceAddress, NewDevice } from '../storage/device-repository.js';
import type { EnqueueOutcome, NewEnvelope } from '../storage/mailbox-repository.js';
import type { Storage } from '../storage/storage.js';

/** Random records of the right shape for repositories, which store without asking what bytes mean. */

const must = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('The test made a malformed value');
  return value;
};

export const accountId = (): AccountId => must(parseAccountId(randomUUID()));
/** Version 8, as device ids have it. */
export const deviceId = (): DeviceId => must(parseDeviceId(randomUUID().replace(/^(.{14})4/, '$18')));
export const envelopeId = (): EnvelopeId => must(parseEnvelopeId(randomUUID()));
export const at = (ms: number): UnixMs => must(parseUnixMs(ms));
export const username = (text = `u${randomBytes(6).toString('hex')}`): Username => must(parseUsername(text));
export const bytes = (length: number): Bytes => new Uint8Array(randomBytes(length));

/** A moment in 2026, with odd milliseconds. */
export const NOW = at(1_790_000_000_123);

export const newAccount = (overrides: Partial<NewAccount> = {}): NewAccount => ({
  accountId: accountId(),
  username: username(),
  email: undefined,
  authentication: {
    salt: bytes(16),
    cost: { memoryKiB: 65_536, iterations: 3, parallelism: 1 },
    verifier: `$argon2id$v=19$m=19456,t=2,p=1$${randomBytes(16).toString('base64')}`,
  },
  accountIdentityKey: bytes(33),
  recoveryPublicKey: bytes(1_216),
  accessVerifier: bytes(32),
  createdAt: NOW,
  ...overrides,
});

export const newDevice = (account: AccountId, overrides: Partial<NewDevice> = {}): NewDevice => {
  const certificate = bytes(200);
  return {
    accountId: account,
    deviceId: deviceId(),
    certificate: {
      bytes: certificate,
      signingKeySignature: bytes(64),
      identityKeySignature: bytes(64),
      hash: new Uint8Array(createHash('sha256').update(certificate).digest()),
    },
    signingKey: bytes(32),
    identityKey: bytes(33),
    linkKey: bytes(32),
    registrationId: 1 + (randomBytes(2).readUInt16BE() % 16_380),
    linkedAt: NOW,
    ...overrides,
  };
};

export const newListStep = (overrides: Partial<DeviceListStep> = {}): DeviceListStep => ({
  epoch: 0,
  number: 0,
  bytes: bytes(180),
  signature: bytes(64),
  hash: bytes(32),
  previousHash: new Uint8Array(32),
  receivedAt: NOW,
  receiptSignature: bytes(64),
  ...overrides,
});

export const newEnvelope = (address: DeviceAddress, overrides: Partial<NewEnvelope> = {}): NewEnvelope => ({
  accountId: address.accountId,
  deviceId: address.deviceId,
  envelopeId: envelopeId(),
  kind: 1,
  ciphertext: bytes(64),
  acceptedAt: NOW,
  ...overrides,
});

/** An account with `count` active devices. */
export const registered = async (storage: Storage, count = 1): Promise<readonly NewDevice[]> => {
  const account = newAccount();
  await storage.accounts.create(account);
  const devices = Array.from({ length: count }, () => newDevice(account.accountId));
  for (const device of devices) await storage.devices.activate(device);
  return devices;
};

/** Stores envelopes as the sending service does: under the locks of their devices. */
export const enqueue = (storage: Storage, ...envelopes: readonly NewEnvelope[]): Promise<readonly EnqueueOutcome[]> =>
  storage.transactions.run(async () => {
    await storage.devices.lockForDelivery(envelopes.map((envelope) => envelope.accountId));
    return storage.mailbox.enqueueMany(envelopes);
  });
