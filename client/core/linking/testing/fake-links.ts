import { createHash } from 'node:crypto';
import {
  DeviceSigningPublicKey,
  linkSessionIdOf,
  LinkTokenBytes,
  parseCertificate,
  parseLinkToken,
  verifyLinkToken,
} from '@sotto/crypto';
import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import {
  ROUTES,
  type ApproveLinkRequest,
  type Bytes,
  type ErrorCode,
  type LinkEndReason,
  type LinkState,
  type Route,
  type RouteName,
} from '@sotto/protocol/wire';
import type { CallResult } from '../../net/types.js';
import type { FakeServer } from '../../testing/fake-server.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- a call is decoded by its route's schema, and a test knows its route */

export type Side = 'authorised' | 'new';

/**
 * `drop` never reaches the server, `dropAnswer` does its work and the answer is lost. `die` and `dieAfter` are the same for a
 * caller that has ended meanwhile: it hears nothing at all.
 */
export type Fate = 'pass' | 'drop' | 'dropAnswer' | 'die' | 'dieAfter';

interface Session {
  readonly id: string;
  readonly token: Bytes;
  readonly displayedBy: Side;
  readonly lookupId: string | undefined;
  device: DeviceId | undefined;
  claimantHash: string | undefined;
  state: LinkState;
  reason: LinkEndReason | undefined;
  revision: number;
  readonly messages: { readonly number: number; readonly body: Bytes; readonly revision: number; readonly by: Side }[];
  approval: ApproveLinkRequest | undefined;
  activation: string | undefined;
  contested: Bytes | undefined;
  expiresAt: number;
  isHandedOut: boolean;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const no = (code: ErrorCode): CallResult<never> => ({ outcome: 'refused', code, retryAfterMs: 0 });
const yes = (value: unknown): CallResult<unknown> => ({ outcome: 'ok', value });
const IN_SESSION: ReadonlySet<RouteName> = new Set<RouteName>([
  'waitLinkSession',
  'putLinkMessage',
  'cancelLink',
  'approveLink',
  'activateLink',
]);
const NEVER = new Promise<never>(() => undefined);
const AWAY: CallResult<never> = { outcome: 'away', reason: 'unreachable' };

/** The server's part of linking in memory, by its contract, with a place for a test to bend what passes through it. */
export class FakeLinks {
  readonly sessions = new Map<string, Session>();
  /** Asked before each call. */
  fate: (route: RouteName, side: Side) => Fate = () => 'pass';
  /** Changes what a caller hears, as a hostile server does. */
  bend: (route: RouteName, value: any, side: Side) => unknown = (_, value: unknown) => value;
  mostDevices = 5;
  reverse = true;
  readonly #woken = new Set<() => void>();

  constructor(
    readonly server: FakeServer,
    readonly accountId: () => AccountId,
  ) {}

  async call(
    name: RouteName,
    input: any,
    { caller, side }: { readonly caller: DeviceId | undefined; readonly side: Side },
  ): Promise<CallResult<never>> {
    await new Promise((resolve) => setImmediate(resolve));
    const fate = this.fate(name, side);
    if (fate === 'drop') return AWAY;
    if (fate === 'die') return NEVER;
    const answer = await this.#answer(name, input, caller);
    if (fate === 'dropAnswer') return AWAY;
    if (fate === 'dieAfter') return NEVER;
    if (answer.outcome !== 'ok') return answer;
    const bent = this.bend(name, answer.value, side);
    const route: Route = ROUTES[name];
    return {
      outcome: 'ok',
      value: route.response.parse(JSON.parse(JSON.stringify(route.response.encode(bent)))) as never,
    };
  }

  get only(): Session {
    const live = [...this.sessions.values()].at(-1);
    if (live === undefined) throw new Error('no session');
    return live;
  }

  /** Something has happened. */
  change(session: Session, change: Partial<Session>): void {
    Object.assign(session, change);
    session.revision += 1;
    this.#wake();
  }

  expireAll(): void {
    for (const session of this.sessions.values()) this.#expire(session, Number.POSITIVE_INFINITY);
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#woken]) wake();
  }

  #expire(session: Session, now: number): void {
    if (session.state === 'ended' || session.state === 'activated' || session.expiresAt > now) return;
    this.change(session, { state: 'ended', reason: 'expired' });
  }

  async #answer(name: RouteName, input: any, caller: DeviceId | undefined): Promise<CallResult<unknown>> {
    const route: Route = ROUTES[name];
    const body: any =
      route.body === undefined
        ? undefined
        : route.body.parse(JSON.parse(JSON.stringify(route.body.encode(input.body))));
    const now = this.server.now();
    for (const session of this.sessions.values()) this.#expire(session, now);
    const answers: Partial<Record<RouteName, () => CallResult<unknown> | Promise<CallResult<unknown>>>> = {
      createLinkSession: () => this.#create(body, caller, now),
      createReverseLinkSession: () =>
        this.reverse
          ? this.#insert(body, { displayedBy: 'new', claimantHash: hex(body.claimantHash) }, now)
          : no('reverseLinkingOff'),
      lookUpLinkToken: () => this.#lookUp(body.lookupId, now),
      claimLinkSession: () => this.#claim(body, { claimantHash: hex(body.claimantHash), side: 'new' }, now),
      claimReverseLinkSession: () => this.#claim(body, { device: caller, side: 'authorised' }, now),
      contestLinkSession: () => this.#contest(body),
    };
    const answer = answers[name];
    if (answer !== undefined) return answer();
    return IN_SESSION.has(name)
      ? this.#inSession(name, { id: input.params.linkSessionId, body }, caller)
      : this.server.call(name, input, caller);
  }

  #lookUp(lookupId: Bytes, now: UnixMs): CallResult<unknown> {
    const found = [...this.sessions.values()].find((session) => session.lookupId === hex(lookupId));
    if (found?.state !== 'open' || found.isHandedOut) return no('linkCodeUnknown');
    found.isHandedOut = true;
    return yes({ token: found.token, serverTime: now });
  }

  #contest({ token, mac }: any): CallResult<unknown> {
    const session = this.sessions.get(sessionIdOf(token));
    if (session === undefined) return no('linkCodeUnknown');
    this.change(session, { contested: mac });
    return yes({});
  }

  #create(body: any, caller: DeviceId | undefined, now: UnixMs): CallResult<unknown> {
    const account = this.server.accounts.get(this.accountId());
    if (account === undefined || caller === undefined) return no('unauthorized');
    if (account.devices.size >= this.mostDevices) return no('tooManyDevices');
    const replaced = body.replaces === undefined ? undefined : this.sessions.get(hex(body.replaces));
    if (body.replaces !== undefined && replaced?.state !== 'open') return no('linkOutOfTurn');
    if (replaced !== undefined) this.change(replaced, { state: 'ended', reason: 'replaced' });
    const live = [...this.sessions.values()].some(({ state }) => state !== 'ended' && state !== 'activated');
    if (live) return no('linkUnderWay');
    if (!this.#isGood(body, caller, now)) return no('invalidLinkToken');
    const lookupId = body.lookupId === undefined ? undefined : hex(body.lookupId);
    return this.#insert(body, { displayedBy: 'authorised', device: caller, lookupId }, now);
  }

  #isGood(body: any, caller: DeviceId, now: UnixMs): boolean {
    const certificates = this.server.accounts.get(this.accountId())?.steps.flatMap((step) => step.certificates) ?? [];
    const certificate = certificates
      .map(({ bytes }) => parseCertificate(bytes))
      .find((one) => one?.deviceId === caller);
    const parse = parseLinkToken(body.token);
    if (certificate === undefined || parse.outcome === 'refused') return false;
    const code = body.lookupId === undefined ? 'scanned' : 'typed';
    const signingKey = DeviceSigningPublicKey.of(certificate.signingKey);
    return verifyLinkToken(parse.token, { signingKey, now, code }) === 'valid';
  }

  #insert(
    { token }: { readonly token: Bytes },
    given: Pick<Session, 'displayedBy'> & Partial<Session>,
    now: UnixMs,
  ): CallResult<unknown> {
    const id = sessionIdOf(token);
    if (this.sessions.has(id)) return no('linkOutOfTurn');
    const expiresAt = now + (given.lookupId === undefined ? 90_000 : 300_000);
    this.sessions.set(id, {
      ...{
        id,
        token,
        lookupId: undefined,
        device: undefined,
        claimantHash: undefined,
        state: 'open',
        reason: undefined,
      },
      ...{
        revision: 1,
        messages: [],
        approval: undefined,
        activation: undefined,
        contested: undefined,
        expiresAt,
        isHandedOut: false,
      },
      ...given,
    });
    return yes({ linkSessionId: Buffer.from(id, 'hex'), expiresAt, serverTime: now });
  }

  #claim(
    body: any,
    by: { readonly side: Side; readonly claimantHash?: string; readonly device?: DeviceId | undefined },
    now: UnixMs,
  ): CallResult<unknown> {
    const session = this.sessions.get(sessionIdOf(body.token));
    if (session === undefined || session.displayedBy === by.side) return no('linkCodeUnknown');
    const [first] = session.messages;
    const isRepeat = first !== undefined && hex(first.body) === hex(body.message) && session.state !== 'ended';
    if (session.state !== 'open' && !isRepeat) {
      return no(session.reason === 'expired' && first === undefined ? 'linkCodeExpired' : 'linkCodeUsed');
    }
    if (!isRepeat) {
      const message = { number: 1, body: body.message, revision: session.revision + 1, by: by.side };
      session.messages.push(message);
      const { claimantHash = session.claimantHash, device = session.device } = by;
      this.change(session, { claimantHash, device, state: 'claimed', expiresAt: now + 300_000 });
    }
    return yes({ linkSessionId: Buffer.from(session.id, 'hex'), expiresAt: session.expiresAt, serverTime: now });
  }

  async #inSession(
    name: RouteName,
    { id, body }: { readonly id: string; readonly body: any },
    caller: DeviceId | undefined,
  ): Promise<CallResult<unknown>> {
    const session = this.sessions.get(Buffer.from(id, 'base64url').toString('hex'));
    if (session === undefined) return no('notFound');
    const isNew = body.claimant !== undefined;
    const isParty = isNew
      ? createHash('sha256').update(body.claimant).digest('hex') === session.claimantHash
      : caller !== undefined && caller === session.device;
    if (!isParty) return no('notFound');
    const side: Side = isNew ? 'new' : 'authorised';
    const answers: Partial<Record<RouteName, () => CallResult<unknown> | Promise<CallResult<unknown>>>> = {
      waitLinkSession: () => this.#wait(session, body, side),
      putLinkMessage: () => this.#put(session, body, side),
      cancelLink: () => this.#cancel(session, body.reason),
      approveLink: () => this.#approve(session, body),
      activateLink: () => this.#activate(session, body),
    };
    return answers[name]?.() ?? no('notFound');
  }

  #cancel(session: Session, reason: LinkEndReason): CallResult<unknown> {
    if (session.state === 'activated') return no('linkOutOfTurn');
    if (session.state !== 'ended') this.change(session, { state: 'ended', reason });
    return yes({});
  }

  async #wait(session: Session, { after, waitMs }: any, side: Side): Promise<CallResult<unknown>> {
    if (session.revision <= after && waitMs > 0 && session.state !== 'ended') {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#woken.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(wake, 2_000);
        this.#woken.add(wake);
      });
    }
    const { state, reason, revision, messages, contested, expiresAt } = session;
    return yes({
      ...{ revision, state, expiresAt, serverTime: this.server.now() },
      ...(reason === undefined ? {} : { reason }),
      ...(contested === undefined || side === 'new' ? {} : { contested }),
      messages: messages
        .filter((message) => message.revision > after && message.by !== side)
        .map(({ number, body }) => ({ number, body })),
    });
  }

  #put(session: Session, { number, body }: any, side: Side): CallResult<unknown> {
    if (session.state === 'ended') return no('linkEnded');
    const present = session.messages.find((message) => message.number === number);
    if (present !== undefined) return hex(present.body) === hex(body) ? yes({}) : no('linkOutOfTurn');
    const writer = number === 3 ? 'new' : session.displayedBy;
    if (side !== writer || session.state !== 'claimed' || session.messages.length !== number - 1)
      return no('linkOutOfTurn');
    session.messages.push({ number, body, revision: session.revision + 1, by: side });
    this.change(session, {});
    return yes({});
  }

  #approve(session: Session, request: ApproveLinkRequest): CallResult<unknown> {
    if (session.state === 'ended') return no('linkEnded');
    if (session.approval !== undefined) {
      return hex(session.approval.message) === hex(request.message) ? yes({}) : no('linkOutOfTurn');
    }
    if (session.state !== 'claimed' || session.messages.length !== 3) return no('linkOutOfTurn');
    if ((this.server.accounts.get(this.accountId())?.devices.size ?? 0) >= this.mostDevices)
      return no('tooManyDevices');
    session.messages.push({ number: 4, body: request.message, revision: session.revision + 1, by: 'authorised' });
    this.change(session, { state: 'approved', approval: request });
    return yes({});
  }

  #activate(session: Session, request: any): CallResult<unknown> {
    const account = this.server.accounts.get(this.accountId());
    const { approval } = session;
    if (session.state === 'ended' || account === undefined) return no('linkEnded');
    const receiptOf = () => account.steps.at(-1)?.receipt;
    const grant = this.#grant(account.username);
    if (session.state === 'activated') return yes({ grant, receipt: receiptOf() });
    const certificate = parseCertificate(request.certificate.bytes);
    if (session.state !== 'approved' || approval === undefined || certificate === undefined) return no('linkOutOfTurn');
    if (hex(approval.certificate) !== hex(request.certificate.bytes)) return no('invalidDeviceList');
    if (approval.list.bytes.length === 0 || this.listChanged) {
      this.change(session, { state: 'ended', reason: 'listChanged' });
      return no('deviceListConflict');
    }
    const { registrationId, preKeys } = request;
    this.server.linkDevice(this.accountId(), certificate.deviceId, {
      certificate: request.certificate,
      registrationId,
      preKeys,
    });
    this.server.appendList(this.accountId(), approval.list, [request.certificate]);
    this.change(session, { state: 'activated', activation: hex(request.refreshTokenHash) });
    return yes({ grant, receipt: receiptOf() });
  }

  /** Another list was committed between approval and activation. */
  listChanged = false;

  #grant(username: string) {
    const accountId = this.accountId();
    const serverTime = this.server.now();
    return { accountId, username, scope: 'device', accessToken: 'token', accessTokenLifetimeMs: 600_000, serverTime };
  }
}

const sessionIdOf = (token: Bytes): string => hex(linkSessionIdOf(LinkTokenBytes.of(token)));
