import type { UnixMs } from '@sotto/protocol/ids';
import { LIFETIMES, LIMITS, type DeviceListEntry, type RecoveryRequest } from '@sotto/protocol/wire';
import type { Log } from '../../log.js';
import type { Account } from '../../storage/account-repository.js';
import type { NewDevice } from '../../storage/device-repository.js';
import type { Storage } from '../../storage/storage.js';
import { laterBy } from '../clock.js';
import { deviceListRefusal } from '../device-list-refusal.js';
import type { CommittedList, ListCommit } from '../list-commit.js';
import type { PresentHead } from '../list-head.js';
import { done, refuse, type Outcome, type Refusal } from '../outcome.js';
import { preKeyRefusal } from '../pre-keys.js';
import { refreshTokenExpiry } from '../token-grants.js';
import { putBlob } from './recovery-blobs.js';
import type { SignedRecovery, VerifiedRecovery } from './recovery-verification.js';

export const VETOED = refuse('recoveryVetoed', 'A device of the account has stopped this recovery.');
const DEVICE_IN_USE = refuse('invalidRecovery', 'The device of this recovery belongs to another account.');

/** The present password is one of those that `fetch` names; the others are earlier ones. */
const PASSWORDS_KEPT = LIMITS.recoveryPasswords - 1;

/** A recovery in which everything has been checked. */
export interface ReadyRecovery extends SignedRecovery, VerifiedRecovery {
  readonly account: Account;
  readonly request: RecoveryRequest;
  readonly present: PresentHead;
  /** Of the new authentication secret. */
  readonly verifier: string;
  readonly now: UnixMs;
}

export interface RecoveryCommitParts {
  readonly storage: Pick<
    Storage,
    'transactions' | 'accounts' | 'devices' | 'preKeys' | 'refreshTokens' | 'recoveries' | 'roots'
  >;
  readonly listCommit: ListCommit;
  readonly log: Log;
  readonly maxDevices: number;
}

/** Gives an account over to the holder of its recovery key: list, device, password, access key, blob and tokens, all or nothing. */
export class RecoveryCommit {
  readonly #parts: RecoveryCommitParts;

  constructor(parts: RecoveryCommitParts) {
    this.#parts = parts;
  }

  async commit(recovery: ReadyRecovery): Promise<Outcome<DeviceListEntry['receipt']>> {
    const { storage, listCommit, log } = this.#parts;
    log.debug('recovery.beforeCommit');
    const committed = await storage.transactions.run<Outcome<CommittedList>>(async (abandon) => {
      await storage.accounts.lock(recovery.account.accountId);
      const list = await this.#commitList(recovery);
      if (list.type === 'refused') return abandon(list);
      const refusal = (await this.#storeDevice(recovery)) ?? (await this.#storeAccount(recovery));
      return refusal === undefined ? list : abandon(refusal);
    });
    if (committed.type === 'refused') return committed;
    log.debug('recovery.afterCommit');
    listCommit.announce(committed.value, recovery.device.deviceId);
    return done(committed.value.receipt);
  }

  async #commitList({
    account,
    requestHash,
    present,
    head,
    request,
    now,
  }: ReadyRecovery): Promise<Outcome<CommittedList>> {
    const { storage, listCommit } = this.#parts;
    // Under the lock: a veto that was answered stands.
    const held = await storage.recoveries.findHeld(account.accountId, requestHash, now);
    if (held?.vetoedAt !== undefined) return VETOED;
    const committed = await listCommit.commit(present, { head, signature: request.list.signature, acceptedAt: now });
    return committed === 'conflict' ? deviceListRefusal('wrongPrevious') : done(committed);
  }

  async #storeDevice({ account, device, request, preKeys, present, now }: ReadyRecovery): Promise<Refusal | undefined> {
    const { storage, maxDevices } = this.#parts;
    const { accountId } = account;
    const { certificate, registrationId } = request.device;
    const newDevice: NewDevice = {
      accountId,
      deviceId: device.deviceId,
      certificate: {
        bytes: device.bytes,
        signingKeySignature: certificate.dskSignature,
        identityKeySignature: certificate.ikSignature,
        hash: device.hash,
      },
      signingKey: device.signingKey,
      identityKey: device.identityKey,
      linkKey: device.linkKey,
      registrationId,
      linkedAt: now,
    };
    // A device that was listed before keeps its identity key, and with it the mail that waits for it.
    if (present.head.findDevice(device.deviceId) !== undefined) {
      await storage.devices.recertify(newDevice);
      await storage.preKeys.clear(newDevice);
    } else if ((await storage.devices.activate(newDevice)).type === 'deviceExists') return DEVICE_IN_USE;
    const published = await storage.preKeys.publish(newDevice, preKeys, LIMITS.oneTimePreKeys);
    if (published.type !== 'published') return preKeyRefusal('repeatedId');
    const family = { tokenHash: request.refreshTokenHash, issuedAt: now, expiresAt: refreshTokenExpiry(now) };
    const started = await storage.refreshTokens.start({ accountId, deviceId: device.deviceId, ...family }, maxDevices);
    if (started.type !== 'started') throw new Error('The one device of a recovered account could not be signed in.');
    return undefined;
  }

  async #storeAccount({ account, request, verifier, keys, now }: ReadyRecovery): Promise<Refusal | undefined> {
    const { accounts, recoveries, roots } = this.#parts.storage;
    const { accountId, authentication } = account;
    const validUntil = laterBy(now, LIFETIMES.replacedPasswordMs);
    await recoveries.keepPassword(accountId, { ...authentication, validUntil }, PASSWORDS_KEPT);
    const { salt, cost } = request.authentication;
    await accounts.replaceAuthentication(accountId, { salt, cost, verifier });
    // As after an unlink: contacts need time to hear of the new key.
    const keepUntil = laterBy(now, LIFETIMES.previousAccessKeyMs);
    await accounts.replaceAccessVerifier(accountId, request.accessKeyVerifier, keepUntil);
    await recoveries.endAllHeld(accountId);
    await roots.endNotice(accountId);
    return putBlob(recoveries, account, keys, { access: undefined, newRoot: false, now });
  }
}
