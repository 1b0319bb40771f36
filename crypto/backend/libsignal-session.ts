import * as libsignal from '@signalapp/libsignal-client';
import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import { Plaintext, type Bytes } from '../keys.js';
import type { PreKeyBundle } from '../prekey/prekey-bundle.js';
import type { RatchetUnit } from '../session/unit-of-work.js';
import { addressOf, DEVICE_NUMBER, type LocalParty } from './libsignal-party.js';
import { LibsignalStores, type LibsignalResult } from './libsignal-stores.js';

/** A ratchet message as it was inside its seal. `preKey` messages begin a session. */
export interface RatchetMessage {
  readonly kind: 'preKey' | 'ratchet';
  readonly bytes: Bytes;
}

/** Begins a session by PQXDH (https://signal.org/docs/specifications/pqxdh/) with a bundle that has been verified. */
export const establishSession = (
  party: LocalParty,
  unit: RatchetUnit,
  bundle: PreKeyBundle,
  now: UnixMs,
): Promise<LibsignalResult<void>> =>
  new LibsignalStores(party, unit).run((stores) =>
    libsignal.processPreKeyBundle(
      nativeBundle(bundle),
      addressOf(bundle.deviceId),
      party.address,
      stores,
      stores,
      new Date(now),
    ),
  );

const nativeBundle = (bundle: PreKeyBundle): libsignal.PreKeyBundle => {
  const { oneTimePreKey, signedPreKey, kyberPreKey } = bundle;
  return libsignal.PreKeyBundle.new(
    bundle.registrationId,
    DEVICE_NUMBER,
    oneTimePreKey?.id ?? null,
    oneTimePreKey === undefined ? null : libsignal.PublicKey.deserialize(oneTimePreKey.publicKey),
    signedPreKey.id,
    libsignal.PublicKey.deserialize(signedPreKey.publicKey),
    signedPreKey.signature,
    libsignal.PublicKey.deserialize(bundle.identityKey),
    kyberPreKey.id,
    libsignal.KEMPublicKey.deserialize(kyberPreKey.publicKey),
    kyberPreKey.signature,
  );
};

/** Decrypts with the triple ratchet. Leaves changes in `unit` even when it fails: hand in a part of its own. */
export const decryptRatchetMessage = async (
  party: LocalParty,
  unit: RatchetUnit,
  sender: DeviceId,
  message: RatchetMessage,
): Promise<LibsignalResult<Plaintext>> => {
  const decrypted = await new LibsignalStores(party, unit).run((stores) =>
    decrypt(message, { from: addressOf(sender), to: party.address, stores }),
  );
  if (decrypted.outcome === 'failed') return decrypted;
  // The peer decides on the length: empty or huge is its doing, not a fault of ours.
  const value = Plaintext.parse(decrypted.value);
  return value === undefined ? { outcome: 'failed', failure: 'invalid' } : { outcome: 'done', value };
};

interface Parties {
  readonly from: libsignal.ProtocolAddress;
  readonly to: libsignal.ProtocolAddress;
  readonly stores: LibsignalStores;
}

const decrypt = async ({ kind, bytes }: RatchetMessage, { from, to, stores }: Parties): Promise<Bytes> => {
  switch (kind) {
    case 'preKey': {
      const first = libsignal.PreKeySignalMessage.deserialize(bytes);
      return libsignal.signalDecryptPreKey(first, from, to, stores, stores, stores, stores, stores);
    }
    case 'ratchet':
      return libsignal.signalDecrypt(libsignal.SignalMessage.deserialize(bytes), from, to, stores, stores);
  }
};
