import { BridgeError, type BridgeErrorCode, type RecoveryView } from '@sotto/client/bridge';
import {
  acceptStretch,
  deriveAccountRoot,
  derivePasswordKeys,
  deriveRecoveryBlobAccess,
  newStretchParameters,
  openRecoveryBlob,
  parsePassword,
  parseRecoveryBlob,
  parseRecoveryKey,
  constantTimeEqual,
  verifyChain,
  type AccountRoot,
  type Password,
  type RandomSource,
  type RecoverySeed,
  type VerifiedHead,
} from '@sotto/crypto';
import {
  RecoveryRequest,
  type Bytes,
  type ErrorCode,
  type RecoveryAnswer,
  type RecoveryFetched,
  type TokenGrant,
} from '@sotto/protocol/wire';
import { failureOf } from '../account/failure.js';
import { contactServer, pinnedServerOf, restoreServerPin, type ContactedServer } from '../account/server-contact.js';
import { isGrantFor } from '../account/token-grant.js';
import { Turns } from '../account/turns.js';
import type { AccountRecord, AccountResult, AccountStore, Atomically } from '../account/types.js';
import { pinOf } from '../devices/device-pin.js';
import type { DevicePinStore, PassedHead } from '../devices/types.js';
import { BackgroundWork, type Step } from '../history/background-work.js';
import type { CoreLog } from '../log.js';
import type { Clock } from '../net/clock.js';
import { parseServerAddress } from '../net/server-address.js';
import type { AnonymousApi, Away, Refused } from '../net/types.js';
import { thisSystem } from '../own-devices/this-system.js';
import type { AccountStateRepository } from '../storage/account-state-repository.js';
import type { KeyRotationRepository } from '../storage/key-rotation-repository.js';
import { publicationOf } from '../prekeys/pre-key-publisher.js';
import type { PreKeyStore } from '../prekeys/types.js';
import { fetchAccountHeads } from './account-heads.js';
import { makeRecovery } from './recovery-making.js';
import type { RecoveryRecord, RecoveryStore } from './records.js';
import { rootOf } from './sealed-blob.js';

export interface RecoveryParts {
  readonly accounts: AccountStore;
  readonly pins: DevicePinStore;
  readonly preKeys: PreKeyStore;
  readonly names: Pick<AccountStateRepository, 'saveDeviceName'>;
  readonly recoveries: RecoveryStore;
  readonly rotations: Pick<KeyRotationRepository, 'save'>;
  readonly atomically: Atomically;
  /** Runs `ask` over connections of its own to one server. */
  readonly withApi: <T>(origin: string, ask: (api: AnonymousApi) => Promise<T>) => Promise<T>;
  readonly parseNewPassword: (typed: string, personal: readonly string[]) => Promise<Password>;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly log: CoreLog;
  readonly emit: (recovery: RecoveryView) => void;
  /** The account is at this device. */
  readonly onRecovered: (grant: TokenGrant) => void;
}

export interface RecoverInput {
  readonly address: string;
  readonly key: string;
  readonly newPassword: string;
  readonly knownPassword?: string | undefined;
  readonly deviceName: string;
}

/** The answers that end a recovery; anything else leaves it to be asked for again. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'badRequest',
  'invalidSignature',
  'invalidRecovery',
  'invalidDeviceList',
  'invalidPreKeys',
  'deviceListConflict',
  'recoveryKeyUnknown',
  'wrongCredentials',
]);

const valueOf = <T>(result: AccountResult<T>): T => {
  if (result.outcome === 'ok') return result.value;
  throw new BridgeError(result.failure.code, result.failure.params);
};

const refusalOf = (result: Refused | Away): BridgeError => {
  const own: Partial<Record<ErrorCode, BridgeErrorCode>> = {
    recoveryKeyUnknown: 'recoveryKeyUnknown',
    invalidDeviceList: 'devicesChanged',
    deviceListConflict: 'devicesChanged',
  };
  const code = result.outcome === 'refused' ? own[result.code] : undefined;
  if (code !== undefined) return new BridgeError(code);
  const { failure } = failureOf(result);
  return new BridgeError(failure.code, failure.params);
};

/** What the server shows to the holder of the recovery key, verified from the key itself. */
interface OpenedAccount {
  readonly contact: ContactedServer;
  readonly fetched: RecoveryFetched;
  readonly root: AccountRoot;
  readonly head: VerifiedHead;
  readonly oldStorageKey: Bytes;
  readonly storageRecordVersion: number;
}

/** Takes an account back by its printed key, on a device that has none: at once, or after a day in which its devices may object. */
export class Recovery {
  readonly #parts: RecoveryParts;
  readonly #turns = new Turns();
  readonly #work: BackgroundWork;
  #isDone = false;

  constructor(parts: RecoveryParts) {
    const { clock, log } = parts;
    this.#parts = parts;
    this.#work = new BackgroundWork({ step: () => this.#turns.take(() => this.#step()), clock, log, name: 'recovery' });
  }

  view(): RecoveryView {
    const { recoveries, accounts } = this.#parts;
    const recovery = recoveries.find();
    const account = accounts.find();
    if (recovery === undefined || account === undefined) return { state: this.#isDone ? 'done' : 'none' };
    const { username } = account;
    if (recovery.state === 'vetoed') return { state: 'vetoed', username };
    const { heldUntil } = recovery;
    return recovery.state === 'held' && heldUntil !== undefined
      ? { state: 'held', until: heldUntil, username }
      : { state: 'asking' };
  }

  get isUnderWay(): boolean {
    return this.#parts.recoveries.find() !== undefined;
  }

  /** Goes on with what a stop or a crash has left. */
  resume(): void {
    this.#work.wake();
  }

  async stop(): Promise<void> {
    await this.#work.stop();
  }

  recover(input: RecoverInput): Promise<RecoveryView> {
    return this.#turns.take(async () => {
      if (this.#parts.accounts.find() !== undefined) {
        throw new BridgeError(this.isUnderWay ? 'notNow' : 'accountExists');
      }
      const seed = parseKey(input.key);
      try {
        const { passwords } = await this.#begin(input, seed);
        await this.#askFirst(input.knownPassword, passwords.slice(1));
      } finally {
        seed.purge();
      }
      return this.view();
    });
  }

  /** Asks the server again, now. */
  continue(): Promise<RecoveryView> {
    return this.#turns.take(async () => {
      if (this.#parts.recoveries.find()?.state !== 'vetoed') await this.#ask();
      return this.view();
    });
  }

  /** Gives a recovery up, or puts away that it is over. */
  close(): Promise<RecoveryView> {
    return this.#turns.take(async () => {
      this.#isDone = false;
      this.#discard();
      return this.view();
    });
  }

  async #begin(input: RecoverInput, seed: RecoverySeed): Promise<RecoveryFetched> {
    const address = parseServerAddress(input.address);
    if (address.outcome !== 'ok') throw new BridgeError(address.outcome);
    const { origin } = address;
    const fetched = await this.#parts.withApi(origin, async (api) => {
      const opened = await this.#open(api, seed);
      const password = await this.#parts.parseNewPassword(input.newPassword, [opened.fetched.username]);
      const stretch = newStretchParameters(this.#parts.random);
      const keys = await derivePasswordKeys(password, stretch);
      password.purge();
      const known = await proofOf(input.knownPassword, opened.fetched.passwords[0]);
      const server = pinnedServerOf(origin, opened.contact.pin);
      this.#parts.atomically(() => {
        const making = { seed, server, known, password: { keys, stretch }, ...opened };
        this.#parts.accounts.save(makeRecovery(making, this.#parts));
        const { oldStorageKey, storageRecordVersion } = opened;
        const { deviceName } = input;
        const kept = { oldStorageKey, storageRecordVersion, deviceName };
        this.#parts.recoveries.save({ state: 'asking', heldUntil: undefined, ...kept });
      });
      keys.authenticationSecret.purge();
      keys.passwordKey.purge();
      return opened.fetched;
    });
    this.#tell();
    return fetched;
  }

  /** Which of the passwords of the last weeks the person knows, only the server can tell. */
  async #askFirst(known: string | undefined, earlier: RecoveryFetched['passwords']): Promise<void> {
    for (const stretched of known === undefined ? [] : earlier) {
      if ((await this.#ask({ isLastPassword: false })) === 'asked') return;
      const account = this.#recovering;
      const password = await proofOf(known, stretched);
      if (account?.pendingRequest === undefined || password === undefined) continue;
      const request = { ...RecoveryRequest.parse(JSON.parse(account.pendingRequest)), password };
      const pendingRequest = JSON.stringify(RecoveryRequest.encode(request));
      this.#parts.accounts.save({ ...account, pendingRequest });
    }
    await this.#ask();
  }

  /** Nothing of what the server says counts but what the key itself, or a device that the account named, has signed. */
  async #open(api: AnonymousApi, seed: RecoverySeed): Promise<OpenedAccount> {
    const contact = valueOf(await contactServer(api, undefined));
    const access = deriveRecoveryBlobAccess(seed);
    const fetchSecret = new Uint8Array(access.fetchSecret.unwrap());
    access.fetchSecret.purge();
    const answer = await api.call('fetchRecovery', { body: { blobId: access.blobId, fetchSecret } });
    fetchSecret.fill(0);
    if (answer.outcome !== 'ok') throw refusalOf(answer);
    const fetched = answer.value;
    const root = deriveAccountRoot(seed);
    const isOurs =
      constantTimeEqual<Uint8Array>(root.accountIdentityKey, fetched.accountIdentityKey) &&
      constantTimeEqual<Uint8Array>(root.recoveryPublicKey, fetched.recoveryPublicKey);
    if (!isOurs) throw new BridgeError('notASottoServer');
    const heads = await fetchAccountHeads(api, { accountId: fetched.accountId, root }, contact.pin.keys.receiptKey);
    if (heads.outcome === 'unverifiable') throw new BridgeError('notASottoServer');
    if (heads.outcome !== 'ok') throw refusalOf(heads);
    const place = parseRecoveryBlob(fetched.blob.bytes)?.place;
    const sealedAt = place && heads.value.at(place);
    const opened = sealedAt && openRecoveryBlob(seed, sealedAt, fetched.blob);
    if (opened?.outcome !== 'opened') throw new BridgeError('notASottoServer');
    const oldStorageKey = new Uint8Array(opened.keys.storageKey.unwrap());
    opened.keys.storageKey.purge();
    opened.keys.profileKey.purge();
    opened.keys.historyKey?.purge();
    const { storageRecordVersion } = opened.frame;
    return { contact, fetched, root, head: heads.value.head, oldStorageKey, storageRecordVersion };
  }

  /** The same request each time: the server repeats its answer to it. Throws what the person has to know. */
  async #ask({ isLastPassword } = { isLastPassword: true }): Promise<'asked' | 'wrongPassword'> {
    const account = this.#recovering;
    const recovery = this.#parts.recoveries.find();
    if (account?.pendingRequest === undefined || recovery === undefined) throw new BridgeError('notNow');
    const request = RecoveryRequest.parse(JSON.parse(account.pendingRequest));
    return this.#parts.withApi(account.server.origin, async (api) => {
      valueOf(await contactServer(api, restoreServerPin(account.server)));
      const answer = await api.call('requestRecovery', { body: request });
      switch (answer.outcome) {
        case 'ok':
          this.#answered(account, { recovery, request, answer: answer.value });
          return 'asked';
        case 'away':
          throw refusalOf(answer);
        case 'refused':
          if (answer.code === 'wrongCredentials' && !isLastPassword) return 'wrongPassword';
          this.#refused(recovery, answer);
          return 'asked';
      }
    });
  }

  #answered(
    account: AccountRecord,
    {
      recovery,
      request,
      answer,
    }: { readonly recovery: RecoveryRecord; readonly request: RecoveryRequest; readonly answer: RecoveryAnswer },
  ): void {
    if (answer.type === 'held') {
      this.#parts.recoveries.save({ ...recovery, state: 'held', heldUntil: answer.until });
      this.#tell();
      this.#work.wake();
      return;
    }
    const { grant, receipt } = answer;
    const owner = { accountId: account.accountId, root: rootOf(account.keys) };
    const { receiptKey } = restoreServerPin(account.server).keys;
    const step = { list: request.list, receipt, certificates: [request.device.certificate] };
    const verdict = verifyChain(owner, receiptKey, [step]);
    if (verdict.outcome !== 'verified' || !isGrantFor(account, grant)) throw new BridgeError('notASottoServer');
    this.#keep(account, { head: verdict.head, passed: verdict.passed, request });
    this.#isDone = true;
    this.#parts.onRecovered(grant);
    this.#tell();
  }

  #keep(
    account: AccountRecord,
    {
      head,
      passed,
      request,
    }: {
      readonly head: VerifiedHead;
      readonly passed: readonly PassedHead[];
      readonly request: RecoveryRequest;
    },
  ): void {
    const { accounts, pins, preKeys, names, recoveries, rotations, atomically, clock } = this.#parts;
    const name = recoveries.find()?.deviceName ?? '';
    const { signedPreKey, lastResortKyberPreKey } = request.device.preKeys;
    const now = clock.now();
    atomically(() => {
      const { storageKey, profileKey } = account.keys;
      accounts.save({ ...account, keys: this.#keysBefore(account), phase: 'registered', pendingRequest: undefined });
      rotations.save({ storageKey, profileKey, grace: false, step: 'due', since: now });
      pins.save(pinOf(head, { username: account.username, alarm: false, pinnedAt: now }), passed);
      preKeys.savePublication(publicationOf(signedPreKey.id, lastResortKyberPreKey.id, now));
      names.saveDeviceName({ deviceId: account.deviceId, name, system: thisSystem(), setAt: now });
      recoveries.remove();
    });
  }

  /** The storage record is still sealed with the old key: it is read once more with that, and then sealed with the new one. */
  #keysBefore({ keys }: AccountRecord): AccountRecord['keys'] {
    const recovery = this.#parts.recoveries.find();
    if (recovery === undefined) return keys;
    return { ...keys, storageKey: recovery.oldStorageKey, keysVersion: recovery.storageRecordVersion };
  }

  #refused(recovery: RecoveryRecord, refusal: Refused): void {
    if (refusal.code === 'recoveryVetoed') {
      this.#parts.recoveries.save({ ...recovery, state: 'vetoed' });
      this.#tell();
      return;
    }
    if (FINAL.has(refusal.code)) this.#discard();
    throw refusalOf(refusal);
  }

  async #step(): Promise<Step> {
    const recovery = this.#parts.recoveries.find();
    if (recovery === undefined || recovery.state === 'vetoed') return { next: 'idle' };
    const leftMs = (recovery.heldUntil ?? 0) - this.#parts.clock.now();
    if (leftMs > 0) return { next: 'retry', afterMs: Math.min(leftMs, LONGEST_WAIT_MS) };
    try {
      await this.#ask();
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      return { next: this.isUnderWay ? 'retry' : 'idle' };
    }
    return { next: this.#parts.recoveries.find()?.state === 'held' ? 'again' : 'idle' };
  }

  #discard(): void {
    const { accounts, recoveries, atomically } = this.#parts;
    atomically(() => {
      accounts.discardRecovering();
      recoveries.remove();
    });
    this.#tell();
  }

  get #recovering(): AccountRecord | undefined {
    const record = this.#parts.accounts.find();
    return record?.phase === 'recovering' ? record : undefined;
  }

  #tell(): void {
    this.#parts.emit(this.view());
  }
}

/** A timer of a day would outlive a machine's sleep in ways that nobody can tell; asking more often costs nothing. */
const LONGEST_WAIT_MS = 15 * 60_000;

/** Proof of a password that is, or was lately, the account's; none where the server asks for a stretch that nobody should do. */
const proofOf = async (typed: string | undefined, stretched: RecoveryFetched['passwords'][number] | undefined) => {
  const verdict = stretched && acceptStretch(undefined, stretched);
  if (typed === undefined || verdict?.outcome !== 'accepted') return undefined;
  const password = parsePassword(typed);
  if (password === undefined) return undefined;
  const keys = await derivePasswordKeys(password, verdict.parameters);
  const secret = new Uint8Array(keys.authenticationSecret.unwrap());
  for (const key of [password, keys.authenticationSecret, keys.passwordKey]) key.purge();
  return { salt: verdict.parameters.salt, secret };
};

const parseKey = (typed: string): RecoverySeed => {
  const verdict = parseRecoveryKey(typed);
  switch (verdict.outcome) {
    case 'valid':
      return verdict.seed;
    case 'damaged':
      throw verdict.group === undefined
        ? new BridgeError('recoveryKeyUnreadable')
        : new BridgeError('recoveryKeyMistyped', { group: verdict.group + 1 });
    case 'newerVersion':
    case 'notARecoveryKey':
      throw new BridgeError('recoveryKeyUnreadable');
  }
};
