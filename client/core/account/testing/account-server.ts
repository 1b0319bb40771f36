import {
  accessKeyVerifier,
  AccessKey,
  AccountIdentityKey,
  createServerKeys,
  DeviceSigningPublicKey,
  Ed25519Signature,
  hashRefreshToken,
  IdentityPublicKey,
  issueReceipt,
  issueSenderCertificate,
  issueSignInChallenge,
  parseCertificate,
  RecoveryPublicKey,
  RefreshToken,
  RefreshTokenHash,
  SignInChallenge,
  systemRandom,
  verifyGenesis,
  verifyRefreshProof,
  verifySignInProof,
  type DeviceCertificate,
} from '@sotto/crypto/server';
import { ChallengeKey } from '@sotto/crypto';
import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { DeviceListEntry, RefreshRequest, RegisterRequest, RouteName, SignInRequest } from '@sotto/protocol/wire';
import type { ManualClock } from '../../net/testing/manual-clock.js';
import { placeOf } from '../../testing/list-place.js';
import { answerTo, refusal, TestServer, type ReceivedCall, type Reply } from '../../net/testing/test-server.js';

interface RegisteredAccount {
  readonly request: RegisterRequest;
  readonly certificate: DeviceCertificate;
  readonly steps: DeviceListEntry[];
  /** The token that is good now, and the exchange that led to it. */
  tokens: { readonly present: string; readonly previous: string | undefined } | undefined;
  readonly preKeys: { signed: number; lastResort: number; readonly oneTime: Set<number>; readonly kyber: Set<number> };
}

/** What becomes of a call: `drop` never reaches the server, `dropAnswer` does its work and the answer is lost. */
export type Fate = 'drop' | 'dropAnswer' | Reply;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const DROPPED: Reply = { write: (response) => response.socket?.destroy() };

/**
 * Keeps accounts as the real server does, in memory, with a place for tests to bend every answer. The real one is met in the
 * end-to-end tests.
 */
export class AccountServer {
  readonly accounts = new Map<AccountId, RegisteredAccount>();
  ring = createServerKeys(systemRandom);
  isOpen = true;
  /** Devices that the server says it does not know. */
  readonly forgotten = new Set<DeviceId>();
  /** Asked before each call; `undefined` lets it be answered honestly. */
  fate: (route: RouteName, call: ReceivedCall) => Fate | undefined = () => undefined;
  /** Changes an honest answer before it is sent. */
  bend: (route: RouteName, value: any) => unknown = (_, value: unknown) => value; // eslint-disable-line @typescript-eslint/no-explicit-any -- a test knows its route
  readonly #challengeKey = ChallengeKey.generate(systemRandom);
  readonly #unknownSalt = systemRandom.bytes(16);
  #grants = 0;

  private constructor(
    readonly http: TestServer,
    readonly clock: ManualClock,
  ) {
    http.keepsConnections = false;
    const answers: Partial<Record<RouteName, (call: ReceivedCall) => unknown>> = {
      serverInfo: () => this.#info(),
      authParameters: ({ body }) => this.#parameters(body.identifier),
      register: ({ body }) => this.#register(body),
      signIn: ({ body }) => this.#signIn(body),
      refresh: ({ body }) => this.#refresh(body),
      signOut: (call) => this.#signOut(call),
      deviceList: ({ params, query }) => this.#list(params['accountId'] as AccountId, query),
      preKeyCounts: (call) => this.#counts(call),
      publishPreKeys: (call) => this.#publish(call),
      senderCertificate: (call) => this.#certificate(call),
    };
    for (const [route, answer] of Object.entries(answers) as [RouteName, (call: ReceivedCall) => unknown][]) {
      this.http.on(route, (call) => this.#answer(route, call, answer));
    }
  }

  static async start(clock: ManualClock): Promise<AccountServer> {
    return new AccountServer(await TestServer.start(), clock);
  }

  get origin(): string {
    return this.http.origin;
  }

  /** The one account that tests mostly have. */
  get only(): RegisteredAccount {
    const [account, ...others] = [...this.accounts.values()];
    if (account === undefined || others.length > 0) throw new Error(`${this.accounts.size} accounts`);
    return account;
  }

  stop(): Promise<void> {
    return this.http.stop();
  }

  /** Lets the next call of a route meet this fate, and those after it none. */
  failNext(route: RouteName, fate: Fate): void {
    this.fate = (called) => {
      if (called !== route) return undefined;
      this.fate = () => undefined;
      return fate;
    };
  }

  #answer(route: RouteName, call: ReceivedCall, honest: (call: ReceivedCall) => unknown): Reply {
    const fate = this.fate(route, call);
    if (fate === 'drop') return DROPPED;
    if (fate !== undefined && fate !== 'dropAnswer') return fate;
    const value = honest(call);
    if (fate === 'dropAnswer') return DROPPED;
    return isReply(value) ? value : answerTo(route, this.bend(route, value));
  }

  #info() {
    const { trustRoot, signed } = this.ring;
    const registration = this.isOpen ? 'open' : 'closed';
    return {
      name: 'sotto',
      version: '0.1.0',
      serverTime: this.clock.now(),
      registration,
      mail: false,
      trustRoot,
      keys: signed,
    };
  }

  #findByName(identifier: string): RegisteredAccount | undefined {
    return [...this.accounts.values()].find(
      ({ request }) => request.username.toLowerCase() === identifier.toLowerCase() || request.email === identifier,
    );
  }

  #parameters(identifier: string) {
    const { salt, cost } = this.#findByName(identifier)?.request.authentication ?? {
      salt: this.#unknownSalt,
      cost: { memoryKiB: 65_536, iterations: 3, parallelism: 4 },
    };
    return { salt, cost, challenge: issueSignInChallenge(this.#challengeKey, this.clock.now()) };
  }

  #register(request: RegisterRequest) {
    if (!this.isOpen) return refusal(403, 'accessDenied');
    const namesake = this.#findByName(request.username);
    if (namesake?.request.accountId === request.accountId) return refusal(409, 'accountExists');
    if (namesake !== undefined) return refusal(409, 'usernameTaken');
    const owner = {
      accountId: request.accountId,
      root: {
        accountIdentityKey: AccountIdentityKey.of(request.accountIdentityKey),
        recoveryPublicKey: RecoveryPublicKey.of(request.recoveryPublicKey),
      },
    };
    const certificates = [request.device.certificate];
    const rules = { mostDevices: 5, acceptedAt: this.clock.now() };
    const verdict = verifyGenesis(owner, { list: request.genesis, certificates }, rules);
    const certificate = parseCertificate(request.device.certificate.bytes);
    if (verdict.outcome === 'refused' || certificate === undefined) return refusal(400, 'invalidDeviceList');
    const receipt = issueReceipt(this.ring.receiptKey, request.accountId, verdict.head.place, this.clock.now());
    const { preKeys } = request.device;
    this.accounts.set(request.accountId, {
      request,
      certificate,
      steps: [{ list: request.genesis, receipt, certificates }],
      tokens: { present: hex(request.refreshTokenHash), previous: undefined },
      preKeys: {
        signed: preKeys.signedPreKey.id,
        lastResort: preKeys.lastResortKyberPreKey.id,
        oneTime: new Set(preKeys.oneTimePreKeys.map(({ id }) => id)),
        kyber: new Set(preKeys.oneTimeKyberPreKeys.map(({ id }) => id)),
      },
    });
    return { grant: this.#grant(request.accountId, 'device'), receipt };
  }

  #grant(accountId: AccountId, scope: 'device' | 'account') {
    this.#grants += 1;
    const { username } = this.accounts.get(accountId)!.request;
    const accessToken = `${accountId}.${this.#grants}`;
    return { accountId, username, scope, accessToken, accessTokenLifetimeMs: 600_000, serverTime: this.clock.now() };
  }

  #signIn(body: SignInRequest) {
    const account = this.#findByName(body.identifier);
    if (account === undefined || hex(account.request.authentication.secret) !== hex(body.secret)) {
      return refusal(401, 'wrongCredentials');
    }
    const { accountId } = account.request;
    if (body.device === undefined) return this.#grant(accountId, 'account');
    const { deviceId, challenge, refreshTokenHash, signature } = body.device;
    if (deviceId !== account.certificate.deviceId || this.forgotten.has(deviceId)) {
      return refusal(403, 'deviceNotListed');
    }
    const proof = {
      accountId,
      deviceId,
      challenge: SignInChallenge.of(challenge),
      refreshTokenHash: RefreshTokenHash.of(refreshTokenHash),
    };
    const signingKey = DeviceSigningPublicKey.of(account.certificate.signingKey);
    if (!verifySignInProof(signingKey, proof, Ed25519Signature.of(signature))) return refusal(400, 'invalidSignature');
    account.tokens = { present: hex(refreshTokenHash), previous: undefined };
    return this.#grant(accountId, 'device');
  }

  #refresh(body: RefreshRequest) {
    const account = this.accounts.get(body.accountId);
    if (account === undefined || this.forgotten.has(body.deviceId)) return refusal(403, 'deviceNotListed');
    const refreshTokenHash = hashRefreshToken(RefreshToken.of(body.refreshToken));
    const nextRefreshTokenHash = RefreshTokenHash.of(body.nextRefreshTokenHash);
    const { accountId, deviceId } = body;
    const isSigned = verifyRefreshProof(
      DeviceSigningPublicKey.of(account.certificate.signingKey),
      { accountId, deviceId, refreshTokenHash, nextRefreshTokenHash },
      Ed25519Signature.of(body.signature),
    );
    if (!isSigned) return refusal(400, 'invalidSignature');
    if (account.tokens === undefined) return refusal(401, 'unauthorized');
    const { present, previous } = account.tokens;
    const isRepeated = hex(refreshTokenHash) === previous && hex(nextRefreshTokenHash) === present;
    if (hex(refreshTokenHash) === present) account.tokens = { present: hex(nextRefreshTokenHash), previous: present };
    else if (!isRepeated) {
      account.tokens = undefined;
      return refusal(401, 'refreshTokenReused');
    }
    return this.#grant(accountId, 'device');
  }

  #caller({ authorization }: ReceivedCall): RegisteredAccount | undefined {
    const accountId = authorization?.replace('Bearer ', '').split('.')[0] as AccountId | undefined;
    return accountId === undefined ? undefined : this.accounts.get(accountId);
  }

  #signOut(call: ReceivedCall) {
    const account = this.#caller(call);
    if (account?.tokens === undefined) return refusal(401, 'unauthorized');
    account.tokens = undefined;
    return {};
  }

  #list(accountId: AccountId, query: URLSearchParams) {
    const account = this.accounts.get(accountId);
    if (account === undefined) return refusal(404, 'notFound');
    const after = query.get('afterNumber');
    const { username, accountIdentityKey, recoveryPublicKey } = account.request;
    const entries = after === null ? account.steps : account.steps.slice(Number(after) + 1);
    const head = placeOf(account.steps.at(-1));
    return { accountId, username, accountIdentityKey, recoveryPublicKey, entries, more: false, head };
  }

  #counts(call: ReceivedCall) {
    const account = this.#caller(call);
    if (account?.tokens === undefined) return refusal(401, 'unauthorized');
    return { oneTimePreKeys: account.preKeys.oneTime.size, oneTimeKyberPreKeys: account.preKeys.kyber.size };
  }

  #publish(call: ReceivedCall) {
    const account = this.#caller(call);
    if (account?.tokens === undefined) return refusal(401, 'unauthorized');
    for (const { id } of call.body.oneTimePreKeys) account.preKeys.oneTime.add(id);
    for (const { id } of call.body.oneTimeKyberPreKeys) account.preKeys.kyber.add(id);
    account.preKeys.signed = call.body.signedPreKey?.id ?? account.preKeys.signed;
    account.preKeys.lastResort = call.body.lastResortKyberPreKey?.id ?? account.preKeys.lastResort;
    return this.#counts(call);
  }

  #certificate(call: ReceivedCall) {
    const account = this.#caller(call);
    if (account?.tokens === undefined) return refusal(401, 'unauthorized');
    const expiresAt = (this.clock.now() + 24 * 3_600_000) as UnixMs;
    const { deviceId, identityKey } = account.certificate;
    const device = { deviceId, identityKey: IdentityPublicKey.of(identityKey) };
    return { certificate: issueSenderCertificate(this.ring, device, expiresAt), expiresAt };
  }

  /** Does an access key open the account? */
  opens(account: RegisteredAccount, accessKey: Uint8Array): boolean {
    return hex(accessKeyVerifier(AccessKey.of(accessKey))) === hex(account.request.accessKeyVerifier);
  }
}

const isReply = (value: unknown): value is Reply =>
  typeof value === 'object' && value !== null && ('write' in value || 'json' in value);
