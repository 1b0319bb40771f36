import {
  AccountIdentityKey,
  constantTimeEqual,
  derivePasswordKeys,
  RecoveryPublicKey,
  StretchSalt,
  verifyChain,
  type Password,
  type VerifiedHead,
} from '@sotto/crypto';
import type { DeviceListEntry, ErrorCode, RegisterRequest, TokenGrant } from '@sotto/protocol/wire';
import { pinOf } from '../devices/device-pin.js';
import { publicationOf } from '../prekeys/pre-key-publisher.js';
import type { DevicePinStore, PassedHead } from '../devices/types.js';
import type { AnonymousApi, Refused } from '../net/types.js';
import { signInDevice } from './device-sign-in.js';
import { failed, failureOf } from './failure.js';
import {
  pendingRequestOf,
  storeNewRegistration,
  type NewRegistrationParts,
  type RegistrationDetails,
} from './new-registration.js';
import { contactServer, raisedServer, restoreServerPin } from './server-contact.js';
import { isGrantFor } from './token-grant.js';
import type { AccountRecord, AccountResult } from './types.js';

export interface RegistrationParts extends NewRegistrationParts {
  readonly pins: DevicePinStore;
}

export interface Registered {
  readonly record: AccountRecord;
  readonly grant: TokenGrant;
}

/** The server says no, but may have said yes to the same request before. */
const MAY_BE_OURS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'accountExists',
  'usernameTaken',
  'emailTaken',
  'accessDenied',
]);
/** Nothing is known about whether the account was made. */
const UNDECIDED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['internal', 'serverBusy']);

/**
 * Brings a stored registration to its end. Every step can be repeated: the request names the same account each time, and where
 * the server has it already, the device signs in to it with the secret that it registered.
 */
export class Registration {
  readonly #parts: RegistrationParts;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  get pending(): AccountRecord | undefined {
    const record = this.#parts.accounts.find();
    return record?.phase === 'pending' ? record : undefined;
  }

  /** Makes and stores the account, then registers it. */
  async begin(api: AnonymousApi, details: RegistrationDetails): Promise<AccountResult<Registered>> {
    const record = await storeNewRegistration(details, this.#parts);
    return this.#send(api, record, { isRepeated: false });
  }

  /** Takes up what a crash or a lost answer has left. */
  async resume(api: AnonymousApi, record: AccountRecord): Promise<AccountResult<Registered>> {
    const contact = await contactServer(api, restoreServerPin(record.server));
    if (contact.outcome === 'failed') return contact;
    const server = raisedServer(record.server, contact.value.pin, this.#parts.clock.now());
    const present = { ...record, server };
    return this.#send(api, present, { isRepeated: true });
  }

  /** Signs in to the account that this registration may have made already. `undefined`: there is none, or it is not ours. */
  async claim(api: AnonymousApi, record: AccountRecord): Promise<AccountResult<Registered> | undefined> {
    const request = pendingRequestOf(record);
    const parameters = await api.call('authParameters', { body: { identifier: record.username } });
    if (parameters.outcome !== 'ok') return failureOf(parameters);
    const { challenge } = parameters.value;
    const { secret } = request.authentication;
    const signedIn = await signInDevice(api, { record, secret, challenge }, this.#parts.random);
    if (signedIn.outcome === 'refused' && isSomebodyElse(signedIn.code)) return undefined;
    if (signedIn.outcome !== 'ok') return failureOf(signedIn);
    const page = await api.call('deviceList', { params: { accountId: record.accountId }, query: {} });
    if (page.outcome !== 'ok') return failureOf(page);
    const { grant, refreshToken } = signedIn;
    const tokens = { refreshToken, nextRefreshToken: undefined };
    return this.#complete(record, { request, grant, steps: page.value.entries, tokens });
  }

  /** Does the pending registration ask for exactly this? The password is compared by what it is stretched to. */
  async isFor(
    record: AccountRecord,
    wanted: { origin: string; username: string; email: string | undefined; password: Password },
  ): Promise<boolean> {
    const request = pendingRequestOf(record);
    const isSame =
      record.server.origin === wanted.origin && record.username === wanted.username && request.email === wanted.email;
    return isSame && this.#isPasswordOf(request, wanted.password);
  }

  /** Gives a pending registration up, for another one. The account itself, if the server has made it, stays there unused. */
  discard(): void {
    this.#parts.accounts.discardPending();
  }

  async #isPasswordOf({ authentication }: RegisterRequest, password: Password): Promise<boolean> {
    const { salt, cost, secret } = authentication;
    const keys = await derivePasswordKeys(password, { salt: StretchSalt.of(salt), cost });
    const isSame = constantTimeEqual<Uint8Array>(keys.authenticationSecret.unwrap(), secret);
    keys.authenticationSecret.purge();
    keys.passwordKey.purge();
    return isSame;
  }

  async #send(
    api: AnonymousApi,
    record: AccountRecord,
    { isRepeated }: { readonly isRepeated: boolean },
  ): Promise<AccountResult<Registered>> {
    const request = pendingRequestOf(record);
    const answer = await api.call('register', { body: request });
    if (answer.outcome === 'away') return failureOf(answer);
    if (answer.outcome === 'refused') return this.#refused(api, record, { refusal: answer, isRepeated });
    const { grant, receipt } = answer.value;
    const genesis = { list: request.genesis, receipt, certificates: [request.device.certificate] };
    return this.#complete(record, { request, grant, steps: [genesis], tokens: record.tokens });
  }

  async #refused(
    api: AnonymousApi,
    record: AccountRecord,
    { refusal, isRepeated }: { readonly refusal: Refused; readonly isRepeated: boolean },
  ): Promise<AccountResult<Registered>> {
    if (UNDECIDED.has(refusal.code) || (isRepeated && refusal.code === 'rateLimited')) return failureOf(refusal);
    const mayBeOurs = refusal.code === 'accountExists' || (isRepeated && MAY_BE_OURS.has(refusal.code));
    const claimed = mayBeOurs ? await this.claim(api, record) : undefined;
    if (claimed !== undefined) return claimed;
    this.discard();
    return refusal.code === 'accessDenied' ? failed('registrationClosed') : failureOf(refusal);
  }

  /** Verifies the receipt of the genesis list, without which peers would take this account for none, and then keeps the account. */
  #complete(
    record: AccountRecord,
    {
      request,
      grant,
      steps,
      tokens,
    }: {
      request: RegisterRequest;
      grant: TokenGrant;
      steps: readonly DeviceListEntry[];
      tokens: AccountRecord['tokens'];
    },
  ): AccountResult<Registered> {
    const verified = this.#verifyOwn(record, steps);
    if (verified === undefined || !isGrantFor(record, grant)) return failed('notASottoServer');
    const { accounts, pins, preKeys, atomically, clock } = this.#parts;
    const now = clock.now();
    const registered: AccountRecord = { ...record, phase: 'registered', tokens, pendingRequest: undefined };
    const { signedPreKey, lastResortKyberPreKey } = request.device.preKeys;
    atomically(() => {
      accounts.save(registered);
      pins.save(pinOf(verified.head, { username: record.username, alarm: false, pinnedAt: now }), verified.passed);
      preKeys.savePublication(publicationOf(signedPreKey.id, lastResortKyberPreKey.id, now));
    });
    return { outcome: 'ok', value: { record: registered, grant } };
  }

  #verifyOwn(
    record: AccountRecord,
    steps: readonly DeviceListEntry[],
  ): { readonly head: VerifiedHead; readonly passed: readonly PassedHead[] } | undefined {
    const { accountId, keys, server } = record;
    const root = {
      accountIdentityKey: AccountIdentityKey.of(keys.accountIdentityKey),
      recoveryPublicKey: RecoveryPublicKey.of(keys.recoveryPublicKey),
    };
    const verdict = verifyChain({ accountId, root }, restoreServerPin(server).keys.receiptKey, steps);
    if (verdict.outcome !== 'verified') return undefined;
    return verdict.head.findDevice(record.deviceId) === undefined ? undefined : verdict;
  }
}

/** Another person has the name, with another password; or, with the very same one, another device. */
const isSomebodyElse = (code: ErrorCode): boolean => code === 'wrongCredentials' || code === 'deviceNotListed';
