import type { PasswordProof } from '@sotto/client/bridge';
import { DeviceSigningKey, signDeviceList, type DeviceList, type VerifiedHead } from '@sotto/crypto';
import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import { failed, failureOf } from '../account/failure.js';
import { Turns } from '../account/turns.js';
import type { AccountRecord, AccountResult, AccountStore } from '../account/types.js';
import type { WrappedKeys } from '../account/wrapped-keys.js';
import { headOf } from '../devices/device-pin.js';
import type { DevicePinStore, OwnStanding, PeerDevices } from '../devices/types.js';
import { openLinkAuthority, type LinkAuthority } from '../linking/link-authority.js';
import type { AccountApi, Away, Refused } from '../net/types.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { KeyRotationRepository } from '../storage/key-rotation-repository.js';
import type { KeyReplacement } from './key-replacement.js';

/** A list that somebody else's has overtaken is made anew, once. */
const ATTEMPTS_MOST = 2;

export interface UnlinkingParts {
  readonly self: { readonly accountId: AccountId; readonly deviceId: DeviceId };
  readonly database: ProfileDatabase;
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly wrappedKeys: WrappedKeys;
  readonly api: AccountApi;
  readonly devices: PeerDevices;
  readonly standing: OwnStanding;
  readonly pins: Pick<DevicePinStore, 'find'>;
  readonly rotations: KeyRotationRepository;
  readonly replacement: KeyReplacement;
  /** Keys are to be replaced now. */
  readonly onRotation: () => void;
  /** This device has left. */
  readonly onLeft: () => void;
}

const DONE = { outcome: 'ok', value: undefined } as const;
type Done = AccountResult<undefined>;

/** Takes devices off the account's list, and signs others out. The password opens the key that signs the list. */
export class Unlinking {
  readonly #parts: UnlinkingParts;
  readonly #turns = new Turns();

  constructor(parts: UnlinkingParts) {
    this.#parts = parts;
  }

  unlink(deviceId: DeviceId, proof: PasswordProof): Promise<Done> {
    return this.#turns.take(async () => {
      const refusal = this.#refusalOf(deviceId);
      if (refusal !== undefined) return refusal;
      return this.#withAuthority(proof, (authority) => this.#remove(deviceId, authority));
    });
  }

  signOutOthers(proof: PasswordProof): Promise<Done> {
    return this.#turns.take(() =>
      this.#withAuthority(proof, async ({ stepUp: { stepUpToken } }) => {
        const answer = await this.#parts.api.call('signOutOthers', { body: { stepUpToken } });
        return answer.outcome === 'ok' ? DONE : this.#failureOf(answer);
      }),
    );
  }

  /** After a crash or a lost answer: what became of the removals that were asked for? */
  resume(): Promise<void> {
    return this.#turns.take(async () => {
      const { rotations, devices, self } = this.#parts;
      if (rotations.removals().length === 0) return;
      const refreshed = await devices.refresh(self.accountId);
      if (refreshed.outcome !== 'ok') return;
      for (const deviceId of rotations.removals()) {
        if (!this.#confirm(deviceId)) rotations.endRemoval(deviceId);
      }
    });
  }

  #refusalOf(deviceId: DeviceId): Done | undefined {
    const { self } = this.#parts;
    const head = this.#head();
    if (head.findDevice(self.deviceId) === undefined) return failed('unlinked');
    if (head.findDevice(deviceId) === undefined) return failed('deviceNotFound');
    const others = head.devices.filter((device) => device.deviceId !== deviceId);
    const isStranding = deviceId !== self.deviceId && !others.some(({ linkKey }) => linkKey !== undefined);
    return isStranding ? failed('lastLinkDevice') : undefined;
  }

  async #withAuthority(proof: PasswordProof, act: (authority: LinkAuthority) => Promise<Done>): Promise<Done> {
    const { api, wrappedKeys } = this.#parts;
    const opened = await openLinkAuthority(api, wrappedKeys, proof);
    if (opened.outcome === 'failed') return opened;
    try {
      return await act(opened.value);
    } finally {
      opened.value.purge();
    }
  }

  async #remove(deviceId: DeviceId, authority: LinkAuthority): Promise<Done> {
    const { self, rotations } = this.#parts;
    if (deviceId !== self.deviceId) rotations.addRemoval(deviceId);
    for (let attempt = 0; attempt < ATTEMPTS_MOST; attempt += 1) {
      const end = await this.#append(deviceId, authority);
      if (end !== 'conflict') return end;
      const refusal = this.#refusalOf(deviceId);
      if (refusal !== undefined) return this.#given(deviceId, refusal);
    }
    return this.#given(deviceId, failed('devicesChanged'));
  }

  /** Nothing was changed; or it was, and by another device, which has replaced the keys. */
  #given(deviceId: DeviceId, refusal: Done): Done {
    this.#parts.rotations.endRemoval(deviceId);
    return refusal;
  }

  async #append(deviceId: DeviceId, authority: LinkAuthority): Promise<Done | 'conflict'> {
    const { api, devices, self } = this.#parts;
    const { bytes, signature } = this.#listWithout(deviceId, authority);
    const { stepUpToken } = authority.stepUp;
    const answer = await api.call('appendDeviceList', { body: { list: { bytes, signature }, stepUpToken } });
    const refreshed = await devices.refresh(self.accountId);
    if (this.#confirm(deviceId)) return DONE;
    // The server has the list, but its receipt is still to come: `resume` goes on from there.
    if (answer.outcome === 'ok') return DONE;
    if (answer.outcome === 'away' || refreshed.outcome !== 'ok') return failed('serverAway');
    if (answer.code === 'deviceListConflict') return 'conflict';
    return this.#given(deviceId, await this.#failureOf(answer));
  }

  /** Once the verified list no longer names the device, its end is certain: new keys are stored, whatever happens then. */
  #confirm(deviceId: DeviceId): boolean {
    const { database, rotations, replacement, self, onRotation, onLeft } = this.#parts;
    if (this.#head().findDevice(deviceId) !== undefined) return false;
    if (deviceId === self.deviceId) {
      onLeft();
      return true;
    }
    database.atomically(() => {
      rotations.endRemoval(deviceId);
      replacement.begin({ grace: true });
    });
    onRotation();
    return true;
  }

  #listWithout(deviceId: DeviceId, { linkKey }: LinkAuthority): ReturnType<typeof signDeviceList> {
    const { self } = this.#parts;
    const { list, hash } = this.#head();
    const next = (signer: DeviceList['signer']): DeviceList => ({
      ...list,
      number: list.number + 1,
      previousHash: hash,
      signer,
      entries: list.entries.filter((entry) => entry.deviceId !== deviceId),
    });
    if (deviceId !== self.deviceId) return signDeviceList(next({ kind: 'linkKey', deviceId: self.deviceId }), linkKey);
    const signingKey = DeviceSigningKey.of(this.#record().keys.deviceSigningKey);
    const signed = signDeviceList(next({ kind: 'deviceSigningKey', deviceId: self.deviceId }), signingKey);
    signingKey.purge();
    return signed;
  }

  #head(): VerifiedHead {
    const pin = this.#parts.pins.find(this.#parts.self.accountId);
    if (pin === undefined) throw new Error('the own device list is not pinned');
    return headOf(pin);
  }

  #record(): AccountRecord {
    const record = this.#parts.accounts.find();
    if (record === undefined) throw new Error('there is no account');
    return record;
  }

  /** A refusal may mean that this very device has been taken off the list. */
  async #failureOf(answer: Refused | Away): Promise<Done> {
    if (answer.outcome === 'refused' && !(await this.#parts.standing.check())) return failed('unlinked');
    return failureOf(answer);
  }
}
