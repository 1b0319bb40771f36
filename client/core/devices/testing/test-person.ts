import { PrivateKey } from '@signalapp/libsignal-client';
import {
  createAccount,
  deriveAccountRoot,
  DeviceListBytes,
  signDeviceList,
  systemRandom,
  XEdDsaSignature,
  type DeviceList,
  type ListHash,
  type NewAccount,
  type SignedCertificate,
  type SignedDeviceList,
} from '@sotto/crypto';
import { certificateHash, issueReceipt, listHash, parseDeviceList, type ServerKeyRing } from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import type { DeviceListEntry } from '@sotto/protocol/wire';
import { hkdfSync } from 'node:crypto';
import { named } from '../../testing/known-values.js';

export const LISTED_AT = 1_800_000_000_000 as UnixMs;
const clock = { now: () => LISTED_AT };

/** Account id and recovery seed come first out of the randomness: with the same two, another device is of the same account. */
const ACCOUNT_DRAWS = 2;
const LIST_EPOCH_AT = 'sotto/device-list/1'.length + 16 + 32;

/** What the recovery kit would do: the account identity key out of the seed. */
const accountIdentityPrivateKey = (seed: Uint8Array): PrivateKey => {
  const bytes = new Uint8Array(hkdfSync('sha256', seed, '', 'sotto/recovery/account-identity-key/1', 32));
  bytes[0]! &= 248;
  bytes[31] = (bytes[31]! & 127) | 64;
  return PrivateKey.deserialize(bytes);
};

/** A person with an account whose every key a test holds, and the lists that they have signed so far. */
export class TestPerson {
  readonly username = named('anna');
  readonly first: NewAccount;
  /** Other devices of the same account, on no list yet. */
  readonly second: NewAccount;
  readonly third: NewAccount;

  constructor() {
    const drawn: Uint8Array[] = [];
    const drawing = (length: number) => {
      const bytes = systemRandom.bytes(length);
      drawn.push(bytes.slice());
      return bytes;
    };
    this.first = createAccount({ random: { bytes: drawing }, clock });
    const another = () => {
      const again = drawn.slice(0, ACCOUNT_DRAWS);
      const replaying = (length: number) => new Uint8Array(again.shift() ?? systemRandom.bytes(length));
      return createAccount({ random: { bytes: replaying }, clock });
    };
    this.second = another();
    this.third = another();
  }

  get accountId() {
    return this.first.accountId;
  }

  get root() {
    return deriveAccountRoot(this.first.recoverySeed);
  }

  get genesis(): SignedDeviceList {
    return this.first.genesis;
  }

  /** The list after `previous`, signed with the link key of the first device; `names` are its devices. */
  next(previous: SignedDeviceList, names: readonly NewAccount[]): SignedDeviceList {
    const list = read(previous);
    return signDeviceList(
      {
        ...list,
        number: list.number + 1,
        previousHash: hashOf(previous),
        signer: { kind: 'linkKey', deviceId: this.first.device.deviceId },
        entries: entriesOf(names),
      },
      this.first.device.linkKey,
    );
  }

  /** A genesis as it would be in a later epoch: naming the first device, signed with the account identity key. */
  newEpoch(epoch: number): SignedDeviceList {
    const bytes = new Uint8Array(this.genesis.bytes);
    new DataView(bytes.buffer).setBigUint64(LIST_EPOCH_AT, BigInt(epoch));
    const signature = accountIdentityPrivateKey(this.first.recoverySeed.unwrap()).sign(bytes);
    return { bytes: DeviceListBytes.of(bytes), signature: XEdDsaSignature.of(signature) };
  }

  chain(length: number): SignedDeviceList[] {
    const lists = [this.genesis];
    while (lists.length < length) lists.push(this.next(lists.at(-1)!, [this.first]));
    return lists;
  }
}

export const read = (list: SignedDeviceList): DeviceList => {
  const parsed = parseDeviceList(list.bytes);
  if (parsed === undefined) throw new Error('bad test data');
  return parsed;
};

export const hashOf = (list: SignedDeviceList): ListHash => listHash(list.bytes);

const entriesOf = (names: readonly NewAccount[]): DeviceList['entries'] =>
  names.map(({ device, certificate }) => ({
    deviceId: device.deviceId,
    certificateHash: certificateHash(certificate.bytes),
  }));

/** A step as a server gives it out, receipted under `ring`. */
export const stepOf = (
  ring: ServerKeyRing,
  list: SignedDeviceList,
  certificates: readonly SignedCertificate[] = [],
): DeviceListEntry => {
  const { accountId, epoch, number } = read(list);
  return {
    list,
    receipt: issueReceipt(ring.receiptKey, accountId, { epoch, number, hash: hashOf(list) }, LISTED_AT),
    certificates: [...certificates],
  };
};
