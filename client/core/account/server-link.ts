import {
  identityKeyPairOf,
  IdentityPrivateKey,
  parseRegistrationId,
  type LocalIdentity,
  type RandomSource,
} from '@sotto/crypto';
import type { TokenGrant } from '@sotto/protocol/wire';
import { ListFetch } from '../devices/list-fetch.js';
import { OwnDeviceStanding } from '../devices/own-standing.js';
import { PinnedDevices } from '../devices/pinned-devices.js';
import type { DevicePinStore, OwnStanding, PeerDevices, RecordedIdentities } from '../devices/types.js';
import { AccountRest } from '../net/account-rest.js';
import { AnonymousRest } from '../net/anonymous-rest.js';
import type { Clock } from '../net/clock.js';
import { HttpTransport } from '../net/http-transport.js';
import { SocketConnection, type ConnectionEvent } from '../net/socket-connection.js';
import type { AccountApi, AnonymousApi, Connection } from '../net/types.js';
import { PreKeyPublisher } from '../prekeys/pre-key-publisher.js';
import type { PreKeyEvent, PreKeyStore, PreKeyUpkeep } from '../prekeys/types.js';
import { DeviceTokens } from './device-tokens.js';
import { SenderCertificates } from './sender-certificates.js';
import { ServerTime } from './server-time.js';
import { ServerTrust } from './server-trust.js';
import type { Turns } from './turns.js';
import type { AccountRecord, AccountStore, Atomically, SenderCertificateSource } from './types.js';

export type ServerLinkEvent = ConnectionEvent | PreKeyEvent;

export interface ServerLinkParts {
  readonly accounts: AccountStore;
  readonly pins: DevicePinStore;
  readonly preKeys: PreKeyStore;
  readonly recorded?: RecordedIdentities;
  readonly atomically: Atomically;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly log: (event: ServerLinkEvent) => void;
  /** Shared with whatever else writes the tokens of the account. */
  readonly turns: Turns;
}

/** The own device as its ratchets know it. Throws where the stored account is damaged. */
const localIdentityOf = ({ deviceId, registrationId, keys }: AccountRecord): LocalIdentity => {
  const parsed = parseRegistrationId(registrationId);
  if (parsed === undefined) throw new Error('the stored registration id is out of range');
  const identityKeyPair = identityKeyPairOf(IdentityPrivateKey.of(keys.identityKeyPair));
  return { deviceId, registrationId: parsed, identityKeyPair };
};

/**
 * Everything between one registered account and its server. What shows who is calling (tokens, sign-in, mailbox) and what does
 * not (lists, claims, anonymous sends) goes over connections that are never shared.
 */
export class ServerLink {
  /** Lists, and claims with an access key. */
  readonly anonymous: AnonymousApi;
  readonly account: AccountApi;
  /** Calls without a token over the connections that show who is calling: nothing else may go over those of `anonymous`. */
  readonly identified: AnonymousApi;
  readonly devices: PeerDevices;
  readonly standing: OwnStanding;
  readonly preKeys: PreKeyUpkeep;
  readonly senderCertificates: SenderCertificateSource;
  readonly identity: LocalIdentity;
  readonly serverTime: ServerTime;
  readonly #connection: SocketConnection;
  readonly #tokens: DeviceTokens;
  readonly #trust: ServerTrust;
  readonly #transports: readonly HttpTransport[];
  readonly #stopListening: readonly (() => void)[];

  constructor(record: AccountRecord, parts: ServerLinkParts) {
    const { accounts, pins, recorded, preKeys, atomically, random, clock, log, turns } = parts;
    const { origin } = record.server;
    const [identified, unidentified] = [new HttpTransport(origin), new HttpTransport(origin)];
    const serverTime = new ServerTime(clock);
    this.serverTime = serverTime;
    const api = new AnonymousRest(identified);
    this.identified = api;
    this.#transports = [identified, unidentified];
    this.identity = localIdentityOf(record);
    this.anonymous = new AnonymousRest(unidentified);
    this.#trust = new ServerTrust(accounts, this.anonymous, clock);
    const lists = new ListFetch({ api: this.anonymous, pins, recorded, receiptKeys: this.#trust, clock });
    this.devices = new PinnedDevices({ pins, lists, clock });
    this.standing = new OwnDeviceStanding(record, { devices: this.devices, pins });
    this.#tokens = new DeviceTokens({ accounts, api, standing: this.standing, random, clock, serverTime, turns });
    this.account = new AccountRest(identified, this.#tokens);
    const { registrationId, identityKeyPair } = this.identity;
    this.preKeys = new PreKeyPublisher({
      ...{ api: this.account, store: preKeys, atomically, registrationId, clock, log },
      identityKey: identityKeyPair.privateKey,
    });
    this.senderCertificates = new SenderCertificates({
      api: this.account,
      identity: this.identity,
      trust: this.#trust,
      serverTime,
    });
    this.#connection = new SocketConnection({ origin, tokens: this.#tokens, clock, log });
    const report = (error: unknown): void => log({ event: 'failed', error });
    this.#stopListening = [
      this.#connection.onState(({ state }) => {
        if (state === 'online') this.#upkeep().catch(report);
      }),
      this.#connection.onNotice((topic) => {
        if (topic === 'deviceList') this.#isStillListed().catch(report);
      }),
    ];
    this.preKeys.start();
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Whose sender certificates are believed, by the server keys that are pinned now. */
  get trust(): ServerTrust {
    return this.#trust;
  }

  /** A sign-in has begun new tokens, already stored. */
  signedIn(grant: TokenGrant): void {
    this.#tokens.accept(grant);
    this.#connection.startAnew();
  }

  /** The tokens have been given up, and are no longer stored. */
  signedOut(): void {
    this.#tokens.forget();
    this.#connection.startAnew();
  }

  /** This device is no longer on the list. */
  left(): void {
    this.#connection.startAnew();
  }

  async close(): Promise<void> {
    for (const stop of this.#stopListening) stop();
    this.preKeys.stop();
    await this.#connection.stop();
    for (const transport of this.#transports) transport.close();
  }

  /** After each connect: is this device still one of the account, and does the server have enough of its keys? */
  async #upkeep(): Promise<void> {
    if (await this.#isStillListed()) await this.preKeys.run();
  }

  async #isStillListed(): Promise<boolean> {
    const isListed = await this.standing.check();
    if (!isListed) this.#connection.startAnew();
    return isListed;
  }
}
