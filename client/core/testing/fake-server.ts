import {
  accessKeyVerifier,
  AccessKey,
  createServerKeys,
  DeviceListBytes,
  IdentityPublicKey,
  issueReceipt,
  issueSenderCertificate,
  listHash,
  parseCertificate,
  parseDeviceList,
  systemRandom,
  type ServerKeyRing,
} from '@sotto/crypto/server';
import { usernameKey, type AccountId, type DeviceId, type UnixMs, type Username } from '@sotto/protocol/ids';
import {
  LIMITS,
  ROUTES,
  type Bytes,
  type DeliveredEnvelope,
  type DeviceListEntry,
  type DeviceListPage,
  type ErrorCode,
  type NoticeTopic,
  type PreKeyBundle,
  type PreKeyUpload,
  type RegisterRequest,
  type Route,
  type RouteName,
  type SendFrame,
  type ServerFrameBody,
} from '@sotto/protocol/wire';
import type { CallResult } from '../net/types.js';
import { changePassword, refused, same, STEP_UP_TOKEN, stepUp, type FakePassword } from './fake-password.js';
import { placeOf } from './list-place.js';

interface FakeDevice {
  readonly registrationId: number;
  readonly identityKey: Bytes;
  preKeys: PreKeyUpload;
  readonly mailbox: Map<string, DeliveredEnvelope>;
  /** Every envelope id that was ever stored: a repeat stores nothing. */
  readonly known: Set<string>;
}

interface FakeAccount extends FakePassword {
  readonly username: Username;
  readonly request: RegisterRequest;
  readonly devices: Map<DeviceId, FakeDevice>;
  readonly steps: DeviceListEntry[];
  record: { readonly version: number; readonly record?: Bytes };
  /** Verifiers of access keys that are good. */
  verifiers: readonly Uint8Array[];
}

/** What a device's open connection is to the server. */
interface Listener {
  arrived(): void;
  noticed(topic: NoticeTopic): void;
}

const nothingYet = ({ accessKeyVerifier: verifier }: RegisterRequest) => ({
  record: { version: 0 },
  secret: undefined,
  verifiers: [verifier],
});

/** A whole relay in memory that keeps the contract of frames and routes, and breaks what a test tells it to break. */
export class FakeServer {
  ring: ServerKeyRing = createServerKeys(systemRandom);
  readonly accounts = new Map<AccountId, FakeAccount>();
  readonly listeners = new Map<DeviceId, Listener>();
  readonly calls: RouteName[] = [];
  /** The accounts whose device lists were asked for. */
  readonly listQueries: AccountId[] = [];
  /** Answers a call or a send instead of the server; `undefined` lets it through. */
  refuseCall: (route: RouteName, params: Readonly<Record<string, string>>) => CallResult<never> | undefined = () =>
    undefined;
  refuseSend: (frame: SendFrame) => ServerFrameBody | undefined = () => undefined;
  /** Bends the bundles that are handed out. */
  bendBundle: (bundle: PreKeyBundle) => PreKeyBundle = (bundle) => bundle;
  bendLists: (page: DeviceListPage) => DeviceListPage = (page) => page;
  /** Everything that the relay has ever stored, in order. */
  readonly relayed: {
    readonly recipient: AccountId;
    readonly anonymous: boolean;
    readonly envelope: DeliveredEnvelope;
  }[] = [];
  #now = 1_800_000_000_000;

  /** The server's own clock: it moves with every step, so that no two envelopes share an instant. */
  now(): UnixMs {
    this.#now += 1;
    return this.#now as UnixMs;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  /** One REST call, through the route's schemas in both directions. */
  call(name: RouteName, input: unknown, caller: DeviceId | undefined): CallResult<never> {
    this.calls.push(name);
    const { params, query, body } = input as { params?: Record<string, string>; query?: unknown; body?: unknown };
    const refusal = this.refuseCall(name, params ?? {});
    if (refusal !== undefined) return refusal;
    const route: Route = ROUTES[name];
    const decoded = route.body?.parse(JSON.parse(JSON.stringify(route.body.encode(body))));
    const answer = this.#answer(name, { params: params ?? {}, query, body: decoded, caller });
    if (answer.outcome !== 'ok') return answer;
    const value: unknown = answer.value;
    return {
      outcome: 'ok',
      value: route.response.parse(JSON.parse(JSON.stringify(route.response.encode(value)))) as never,
    };
  }

  /** @param sender - the device that says who it is; of its own account it may leave itself out */
  send(frame: SendFrame, sender: DeviceId | undefined): ServerFrameBody {
    const anonymous = sender === undefined;
    const refusal = this.refuseSend(frame);
    if (refusal !== undefined) return refusal;
    const account = this.accounts.get(frame.recipient);
    if (account === undefined) return this.#failure('unknownRecipient');
    if (anonymous && !this.#mayEnter(account, frame.accessKey)) return this.#failure('accessDenied');
    const mismatch = this.#mismatch(account, frame, sender);
    if (mismatch !== undefined) return mismatch;
    for (const { deviceId, envelopeId, ciphertext } of frame.envelopes) {
      const device = account.devices.get(deviceId);
      if (device === undefined || device.known.has(envelopeId)) continue;
      device.known.add(envelopeId);
      const envelope: DeliveredEnvelope = {
        ...{ envelopeId, kind: 'sealed', serverTime: this.now() },
        ciphertext: new Uint8Array(ciphertext),
      };
      device.mailbox.set(envelopeId, envelope);
      this.relayed.push({ recipient: frame.recipient, anonymous, envelope });
      this.listeners.get(deviceId)?.arrived();
    }
    return { type: 'accepted', serverTime: this.now() };
  }

  /** Puts an envelope into a mailbox past all rules, as a hostile server does. */
  plant(deviceId: DeviceId, envelope: DeliveredEnvelope): void {
    this.mailbox(deviceId).set(envelope.envelopeId, envelope);
    this.listeners.get(deviceId)?.arrived();
  }

  mailbox(deviceId: DeviceId): Map<string, DeliveredEnvelope> {
    return this.device(deviceId).mailbox;
  }

  device(deviceId: DeviceId): FakeDevice {
    for (const { devices } of this.accounts.values()) {
      const device = devices.get(deviceId);
      if (device !== undefined) return device;
    }
    throw new Error('no such device');
  }

  /** Appends a step to the list of an account, with its receipt; the device set of the server follows it. */
  appendList(accountId: AccountId, list: DeviceListEntry['list'], certificates: DeviceListEntry['certificates']): void {
    const account = this.accounts.get(accountId);
    const bytes = DeviceListBytes.of(list.bytes);
    const parsed = parseDeviceList(bytes);
    if (account === undefined || parsed === undefined) throw new Error('bad test data');
    const place = { epoch: parsed.epoch, number: parsed.number, hash: listHash(bytes) };
    const receipt = issueReceipt(this.ring.receiptKey, accountId, place, this.now());
    account.steps.push({ list, receipt, certificates });
  }

  #answer(
    name: RouteName,
    call: { params: Record<string, string>; query: unknown; body: any; caller: DeviceId | undefined }, // eslint-disable-line @typescript-eslint/no-explicit-any -- decoded by the route's schema
  ): CallResult<unknown> {
    // The others are no part of what these tests are about.
    const answers: Partial<Record<RouteName, () => CallResult<unknown>>> = {
      serverInfo: () => this.#ok(this.#info()),
      register: () => this.#register(call.body),
      refresh: () => this.#refresh(call.body.deviceId),
      signOut: () => this.#ok({}),
      findAccount: () => this.#find(call.body.username),
      deviceList: () => this.#lists(call.params['accountId'] as AccountId, call.query),
      publishPreKeys: () => this.#publish(call.caller, call.body),
      preKeyCounts: () => this.#counts(call.caller),
      claimPreKeys: () => this.#claim(call.body, call.caller),
      senderCertificate: () => this.#certificate(call.caller),
      ownDevices: () => this.#ownDevices(call.caller),
      stepUp: () => stepUp(this.accountOf(call.caller), call.body, this.now()),
      changePassword: () => changePassword(this.accountOf(call.caller), call.body),
      signOutOthers: () => (call.body.stepUpToken === STEP_UP_TOKEN ? this.#ok({}) : refused('stepUpRequired')),
      appendDeviceList: () => this.#append(call.caller, call.body),
      storageRecord: () => this.#ok(this.accountOf(call.caller).record),
      putStorageRecord: () => this.#putRecord(call.caller, call.body),
      putRecoveryBlob: () => this.#ok({}),
      replaceAccessKey: () => this.#replaceAccessKey(call.caller, call.body),
    };
    if (call.caller !== undefined && !this.isDevice(call.caller)) return refused('deviceNotListed');
    return answers[name]?.() ?? refused('notFound');
  }

  isDevice(deviceId: DeviceId): boolean {
    return [...this.accounts.values()].some(({ devices }) => devices.has(deviceId));
  }

  /** The account that a device is one of. */
  accountOf(deviceId: DeviceId | undefined): FakeAccount {
    for (const account of this.accounts.values()) {
      if (deviceId !== undefined && account.devices.has(deviceId)) return account;
    }
    throw new Error('no such device');
  }

  /** Gives a hint to all devices of an account but the one that has caused it. */
  notice(account: FakeAccount, topic: NoticeTopic, except?: DeviceId): void {
    for (const deviceId of account.devices.keys()) {
      if (deviceId !== except) this.listeners.get(deviceId)?.noticed(topic);
    }
  }

  #ownDevices(caller: DeviceId | undefined): CallResult<unknown> {
    const devices = [...this.accountOf(caller).devices.keys()].map((deviceId) => ({
      deviceId,
      linkedAt: this.now(),
      lastSeenAt: this.now(),
      signedIn: true,
    }));
    return this.#ok({ devices, limit: 5, serverTime: this.now() });
  }

  #append(
    caller: DeviceId | undefined,
    { list, stepUpToken }: { list: DeviceListEntry['list']; stepUpToken?: string },
  ): CallResult<unknown> {
    const account = this.accountOf(caller);
    const next = parseDeviceList(list.bytes);
    const head = account.steps.at(-1)?.list.bytes;
    if (next === undefined || head === undefined) return refused('invalidDeviceList');
    if (next.previousHash === undefined || !same(next.previousHash, listHash(DeviceListBytes.of(head)))) {
      return refused('deviceListConflict');
    }
    const listed = new Set(next.entries.map(({ deviceId }) => deviceId));
    const removed = [...account.devices.keys()].filter((deviceId) => !listed.has(deviceId));
    if (removed.some((deviceId) => deviceId !== caller) && stepUpToken !== STEP_UP_TOKEN)
      return refused('stepUpRequired');
    this.appendList(next.accountId, list, []);
    this.notice(account, 'deviceList', caller);
    for (const deviceId of removed) account.devices.delete(deviceId);
    return this.#ok({ receipt: account.steps.at(-1)?.receipt });
  }

  #putRecord(caller: DeviceId | undefined, next: { version: number; record: Bytes }): CallResult<unknown> {
    const account = this.accountOf(caller);
    if (next.version <= account.record.version) return refused('storageRecordConflict');
    account.record = next;
    this.notice(account, 'storageRecord', caller);
    return this.#ok({});
  }

  #replaceAccessKey(
    caller: DeviceId | undefined,
    { verifier, grace }: { verifier: Bytes; grace: boolean },
  ): CallResult<unknown> {
    const account = this.accountOf(caller);
    account.verifiers = grace ? [verifier, ...account.verifiers.slice(0, 1)] : [verifier];
    return this.#ok({});
  }

  #ok(value: unknown): CallResult<unknown> {
    return { outcome: 'ok', value };
  }

  #failure(code: ErrorCode, retryAfterMs = 0): ServerFrameBody {
    return { type: 'failure', code, message: 'no', errorId: 'test', retryAfterMs };
  }

  #info() {
    return {
      name: 'sotto',
      version: '0.0.0',
      serverTime: this.now(),
      registration: 'open',
      mail: false,
      trustRoot: this.ring.trustRoot,
      keys: this.ring.signed,
    };
  }

  #register(request: RegisterRequest): CallResult<unknown> {
    const earlier = this.accounts.get(request.accountId);
    if (earlier === undefined) {
      for (const { username } of this.accounts.values()) {
        if (usernameKey(username) === usernameKey(request.username)) return refused('usernameTaken');
      }
      this.#addAccount(request);
    }
    const [genesis] = this.accounts.get(request.accountId)?.steps ?? [];
    return this.#ok({ grant: this.#grant(request.accountId), receipt: genesis?.receipt });
  }

  /** Adds a device to the set that sends must name. */
  linkDevice(accountId: AccountId, deviceId: DeviceId, device: RegisterRequest['device']): void {
    const identityKey = parseCertificate(device.certificate.bytes)?.identityKey;
    const account = this.accounts.get(accountId);
    if (identityKey === undefined || account === undefined) throw new Error('bad test data');
    account.devices.set(deviceId, { ...device, identityKey, mailbox: new Map(), known: new Set() });
  }

  #addAccount(request: RegisterRequest): void {
    const deviceId = parseCertificate(request.device.certificate.bytes)?.deviceId;
    if (deviceId === undefined) throw new Error('bad certificate');
    this.accounts.set(request.accountId, {
      username: request.username,
      request,
      devices: new Map(),
      steps: [],
      ...nothingYet(request),
    });
    this.linkDevice(request.accountId, deviceId, request.device);
    this.appendList(request.accountId, request.genesis, [request.device.certificate]);
  }

  #grant(accountId: AccountId) {
    return {
      accountId,
      username: this.accounts.get(accountId)?.username,
      scope: 'device',
      accessToken: 'token',
      accessTokenLifetimeMs: 600_000,
      serverTime: this.now(),
    };
  }

  #refresh(deviceId: DeviceId): CallResult<unknown> {
    for (const [accountId, { devices }] of this.accounts) {
      if (devices.has(deviceId)) return this.#ok(this.#grant(accountId));
    }
    return refused('unauthorized');
  }

  #find(username: Username): CallResult<unknown> {
    for (const [accountId, account] of this.accounts) {
      if (usernameKey(account.username) !== usernameKey(username)) continue;
      return this.#ok({ accountId, username: account.username });
    }
    return refused('notFound');
  }

  #lists(accountId: AccountId, query: unknown): CallResult<unknown> {
    this.listQueries.push(accountId);
    const account = this.accounts.get(accountId);
    if (account === undefined) return refused('notFound');
    const { afterEpoch, afterNumber } = query as { afterEpoch?: number; afterNumber?: number };
    const after = account.steps.filter(({ list }) => {
      const place = parseDeviceList(list.bytes);
      if (place === undefined || afterEpoch === undefined || afterNumber === undefined) return true;
      return place.epoch > afterEpoch || (place.epoch === afterEpoch && place.number > afterNumber);
    });
    const { accountIdentityKey, recoveryPublicKey } = account.request;
    return this.#ok(
      this.bendLists({
        accountId,
        username: account.username,
        accountIdentityKey,
        recoveryPublicKey,
        entries: after.slice(0, LIMITS.listEntriesPerPage),
        more: false,
        head: placeOf(account.steps.at(-1)),
      }),
    );
  }

  #publish(caller: DeviceId | undefined, upload: PreKeyUpload): CallResult<unknown> {
    if (caller === undefined) return refused('unauthorized');
    const device = this.device(caller);
    const { signedPreKey, lastResortKyberPreKey } = { ...device.preKeys, ...upload };
    device.preKeys = {
      ...(signedPreKey === undefined ? {} : { signedPreKey }),
      ...(lastResortKyberPreKey === undefined ? {} : { lastResortKyberPreKey }),
      oneTimePreKeys: [...device.preKeys.oneTimePreKeys, ...upload.oneTimePreKeys],
      oneTimeKyberPreKeys: [...device.preKeys.oneTimeKyberPreKeys, ...upload.oneTimeKyberPreKeys],
    };
    return this.#counts(caller);
  }

  #counts(caller: DeviceId | undefined): CallResult<unknown> {
    if (caller === undefined) return refused('unauthorized');
    const { oneTimePreKeys, oneTimeKyberPreKeys } = this.device(caller).preKeys;
    return this.#ok({ oneTimePreKeys: oneTimePreKeys.length, oneTimeKyberPreKeys: oneTimeKyberPreKeys.length });
  }

  #claim(
    { accountId, deviceIds, accessKey }: { accountId: AccountId; deviceIds: DeviceId[]; accessKey?: Bytes },
    caller: DeviceId | undefined,
  ): CallResult<unknown> {
    const account = this.accounts.get(accountId);
    if (account === undefined) return refused('unknownRecipient');
    if (caller === undefined && !this.#mayEnter(account, accessKey)) return refused('accessDenied');
    const bundles = deviceIds.flatMap((deviceId) => {
      const device = account.devices.get(deviceId);
      return device === undefined ? [] : [this.bendBundle(this.#takeBundle(deviceId, device))];
    });
    return this.#ok({ bundles });
  }

  #takeBundle(deviceId: DeviceId, { preKeys, registrationId, identityKey }: FakeDevice): PreKeyBundle {
    const { signedPreKey, lastResortKyberPreKey } = preKeys;
    const kyberPreKey = preKeys.oneTimeKyberPreKeys.shift() ?? lastResortKyberPreKey;
    const oneTimePreKey = preKeys.oneTimePreKeys.shift();
    if (signedPreKey === undefined || kyberPreKey === undefined) throw new Error('a device without prekeys');
    return {
      deviceId,
      registrationId,
      identityKey,
      signedPreKey,
      kyberPreKey,
      ...(oneTimePreKey === undefined ? {} : { oneTimePreKey }),
    };
  }

  #certificate(caller: DeviceId | undefined): CallResult<unknown> {
    if (caller === undefined) return refused('unauthorized');
    const expiresAt = (this.now() + 24 * 3_600_000) as UnixMs;
    const identityKey = IdentityPublicKey.of(this.device(caller).identityKey);
    return this.#ok({
      certificate: issueSenderCertificate(this.ring, { deviceId: caller, identityKey }, expiresAt),
      expiresAt,
    });
  }

  #mayEnter({ verifiers }: FakeAccount, accessKey: Bytes | undefined): boolean {
    if (accessKey === undefined) return false;
    const shown = accessKeyVerifier(AccessKey.of(accessKey));
    return verifiers.some((verifier) => same(shown, verifier));
  }

  #mismatch(account: FakeAccount, { envelopes }: SendFrame, sender: DeviceId | undefined): ServerFrameBody | undefined {
    const named = new Map(envelopes.map(({ deviceId, registrationId }) => [deviceId, registrationId]));
    const missing = [...account.devices.keys()].filter((deviceId) => !named.has(deviceId) && deviceId !== sender);
    const extra = [...named.keys()].filter((deviceId) => !account.devices.has(deviceId));
    const stale = [...account.devices].flatMap(([deviceId, { registrationId }]) =>
      named.has(deviceId) && named.get(deviceId) !== registrationId ? [deviceId] : [],
    );
    return missing.length + extra.length + stale.length === 0
      ? undefined
      : { type: 'mismatchedDevices', missing, extra, stale };
  }
}
