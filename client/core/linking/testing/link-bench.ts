import type { JoinView, LinkOfferView } from '@sotto/client/bridge';
import {
  derivePasswordKeys,
  linkKeyWrapping,
  parsePassword,
  StretchSalt,
  systemRandom,
  type PasswordKeys,
  type StretchParameters,
} from '@sotto/crypto';
import type { HistoryOffer } from '@sotto/protocol/content';
import type { DeviceId } from '@sotto/protocol/ids';
import type { RouteName, TokenGrant } from '@sotto/protocol/wire';
import { ServerTrust } from '../../account/server-trust.js';
import type { AccountRecord } from '../../account/types.js';
import { ListFetch } from '../../devices/list-fetch.js';
import { OwnDeviceStanding } from '../../devices/own-standing.js';
import { PinnedDevices } from '../../devices/pinned-devices.js';
import type { HistoryExporter, HistoryImporter } from '../../history/types.js';
import type { LogEvent } from '../../log.js';
import type { AccountApi, AnonymousApi } from '../../net/types.js';
import { AccountStateRepository } from '../../storage/account-state-repository.js';
import { AccountRepository } from '../../storage/account-repository.js';
import type { ProfileDatabase } from '../../storage/database.js';
import { DevicePinRepository } from '../../storage/device-pin-repository.js';
import { LinkJoinRepository } from '../../storage/link-join-repository.js';
import { LinkOfferRepository } from '../../storage/link-offer-repository.js';
import { PreKeyRepository } from '../../storage/pre-key-repository.js';
import { FakeServer } from '../../testing/fake-server.js';
import { named } from '../../testing/known-values.js';
import { newAccount, registerAccount } from '../../testing/test-account.js';
import { temporaryDatabase } from '../../testing/temporary-profile.js';
import { until } from '../../testing/until.js';
import { wrappedKeysOf } from '../../testing/wrapped-keys.js';
import { Joining } from '../joining.js';
import { LinkOffers } from '../link-offers.js';
import { FakeLinks, type Side } from './fake-links.js';
import { TestClock } from './test-clock.js';

export const PASSWORD = 'trombone-basalt-kayak';
const HISTORY: HistoryOffer = {
  archiveId: new Uint8Array(16).fill(9),
  historyKey: new Uint8Array(32).fill(8),
  entries: 3,
};

/** One stretch for all tests: it takes 64 MiB and its time. */
const PARAMETERS: StretchParameters = {
  salt: StretchSalt.of(new Uint8Array(16).fill(5)),
  cost: { memoryKiB: 65_536, iterations: 3, parallelism: 1 },
};
let stretched: Promise<PasswordKeys> | undefined;
const passwordKeys = (): Promise<PasswordKeys> =>
  (stretched ??= derivePasswordKeys(parsePassword(PASSWORD)!, PARAMETERS));

interface Ground {
  readonly server: FakeServer;
  readonly record: AccountRecord;
  readonly database: ProfileDatabase;
  readonly clocks: { readonly authorised: TestClock; readonly new: TestClock };
}

/** How many rows each table has; the index of the search is counted by the tables that it is kept in. */
const rowsOf = (database: ProfileDatabase): ReadonlyMap<string, number> =>
  new Map(
    database
      .all(
        `SELECT name FROM sqlite_schema
         WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%'`,
      )
      .map(({ name }) => [
        String(name),
        Number(database.get(`SELECT count(*) AS count FROM ${String(name)}`)?.['count']),
      ]),
  );

/** An authorised device and a new one, each on its own database, and the server between them. */
export class LinkBench {
  readonly server: FakeServer;
  readonly record: AccountRecord;
  readonly clocks: Ground['clocks'];
  readonly links: FakeLinks;
  readonly authorisedDatabase: ProfileDatabase;
  readonly newDatabase = temporaryDatabase();
  readonly #rowsAtFirst = rowsOf(this.newDatabase);
  readonly log: LogEvent[] = [];
  readonly prepared: string[] = [];
  readonly accepted: HistoryOffer[] = [];
  grant: TokenGrant | undefined;
  joined = false;
  offers!: LinkOffers;
  joining!: Joining;

  private constructor({ server, record, database, clocks }: Ground) {
    this.server = server;
    this.record = record;
    this.clocks = clocks;
    this.authorisedDatabase = database;
    this.links = new FakeLinks(server, () => record.accountId);
    this.openAuthorised();
    this.openNew();
  }

  static async create({ authorisedAheadMs = 0, newAheadMs = 0, isConfirmed = true } = {}): Promise<LinkBench> {
    const server = new FakeServer();
    const database = temporaryDatabase();
    const account = newAccount(server);
    const made = registerAccount(server, named('anna'), { account, database });
    const { passwordKey, authenticationSecret } = await passwordKeys();
    server.accountOf(made.deviceId).secret = new Uint8Array(authenticationSecret.unwrap());
    const owner = { accountId: made.accountId, deviceId: made.deviceId };
    const wrappedLinkKey = linkKeyWrapping.wrap(account.device.linkKey, passwordKey, { owner, random: systemRandom });
    const wrappedRecoverySeed = isConfirmed ? undefined : made.keys.wrappedRecoverySeed;
    const record: AccountRecord = {
      ...made,
      stretch: PARAMETERS,
      keys: { ...made.keys, wrappedLinkKey, wrappedRecoverySeed },
    };
    new AccountRepository(database).save(record);
    const clocks = { authorised: new TestClock(authorisedAheadMs), new: new TestClock(newAheadMs) };
    const bench = new LinkBench({ server, record, database, clocks });
    await bench.devices.refresh(record.accountId);
    return bench;
  }

  devices!: PinnedDevices;

  /** A new process of the authorised device on the same database; the one before is just gone. */
  openAuthorised(): void {
    const database = this.authorisedDatabase;
    const { authorised: clock } = this.clocks;
    const accounts = new AccountRepository(database);
    const pins = new DevicePinRepository(database);
    const anonymous = this.#api('authorised');
    const lists = new ListFetch({
      api: anonymous,
      pins,
      receiptKeys: new ServerTrust(accounts, anonymous, clock),
      clock,
    });
    const devices = new PinnedDevices({ pins, lists, clock });
    this.devices = devices;
    this.offers = new LinkOffers({
      ...{ accounts, pins, devices, clock },
      wrappedKeys: wrappedKeysOf(database),
      offers: new LinkOfferRepository(database),
      atomically: database.atomically,
      api: this.#api('authorised', this.record.deviceId),
      standing: new OwnDeviceStanding(this.record, { devices, pins }),
      storageRecord: () => ({ version: 4, hash: new Uint8Array(32).fill(1) }),
      history: this.#exporter,
      random: systemRandom,
      emit: () => undefined,
      log: (event) => this.log.push(event),
    });
    this.offers.resume();
  }

  openNew(): void {
    this.joining = this.#joiningOn(this.newDatabase);
    this.joining.resume();
  }

  /** Another profile without an account. */
  anotherNew(): Joining {
    return this.#joiningOn(temporaryDatabase());
  }

  #joiningOn(database: ProfileDatabase): Joining {
    return new Joining({
      joins: new LinkJoinRepository(database),
      accounts: new AccountRepository(database),
      pins: new DevicePinRepository(database),
      preKeys: new PreKeyRepository(database),
      names: new AccountStateRepository(database),
      history: this.#importer,
      atomically: database.atomically,
      connect: () => ({ api: this.#api('new'), close: () => undefined }),
      random: systemRandom,
      clock: this.clocks.new,
      emit: () => undefined,
      log: (event) => this.log.push(event),
      onJoined: (grant) => {
        this.joined = true;
        this.grant = grant;
      },
    });
  }

  killed = 0;
  /** Whether each history that was promised was to be held. */
  readonly holds: boolean[] = [];

  /** The process of one side ends now; another one starts on the same disk. */
  kill(side: Side): void {
    const ended = side === 'authorised' ? this.offers : this.joining;
    void ended.stop();
    setImmediate(() => {
      if (side === 'authorised') this.openAuthorised();
      else this.openNew();
      this.killed += 1;
    });
  }

  async stop(): Promise<void> {
    await Promise.all([this.offers.stop(), this.joining.stop()]);
  }

  show(mode: 'qr' | 'text' | 'manual' = 'qr'): Promise<LinkOfferView> {
    return this.offers.start({ password: PASSWORD, mode, history: true });
  }

  get code(): string {
    const view = this.offers.view();
    if (view.state !== 'showing') throw new Error(`shows nothing: ${view.state}`);
    return view.code;
  }

  scan(code = this.code): Promise<JoinView> {
    return this.joining.byCode({ code, deviceName: 'Laptop' });
  }

  async offerIs<S extends LinkOfferView['state']>(state: S): Promise<Extract<LinkOfferView, { state: S }>> {
    await until(() => this.offers.view().state === state);
    return this.offers.view() as Extract<LinkOfferView, { state: S }>;
  }

  async joinIs<S extends JoinView['state']>(state: S): Promise<Extract<JoinView, { state: S }>> {
    await until(() => this.joining.view().state === state);
    return this.joining.view() as Extract<JoinView, { state: S }>;
  }

  /** From the code on the screen to the question. */
  async approve(): Promise<void> {
    const { digits } = await this.joinIs('digits');
    await this.offerIs('confirming');
    await this.offers.approve(digits);
  }

  get joinedAccount(): AccountRecord | undefined {
    return new AccountRepository(this.newDatabase).find();
  }

  get listed(): readonly DeviceId[] {
    return [...(this.server.accounts.get(this.record.accountId)?.devices.keys() ?? [])];
  }

  /** Rows of every table at the new device. */
  /** What is in the new device's database and not in every new one. */
  get leftAtNew(): Record<string, number> {
    const rows = [...rowsOf(this.newDatabase)];
    return Object.fromEntries(rows.filter(([name, count]) => count !== this.#rowsAtFirst.get(name)));
  }

  get leftAtAuthorised(): boolean {
    return new LinkOfferRepository(this.authorisedDatabase).find() !== undefined;
  }

  get #exporter(): HistoryExporter {
    const { prepared } = this;
    return {
      count: () => 3,
      prepare: ({ hold }) => {
        prepared.push('prepared');
        this.holds.push(hold);
        return HISTORY;
      },
      begin: () => prepared.push('begun'),
      withdraw: () => prepared.push('withdrawn'),
      progress: () => ({ done: 0, total: 3, state: 'running' }),
    };
  }

  get #importer(): HistoryImporter {
    return { accept: (offer) => this.accepted.push(offer) };
  }

  #api(side: Side, caller?: DeviceId): AnonymousApi & AccountApi {
    const call = (route: RouteName, input: unknown) => this.links.call(route, input, { caller, side });
    return { call };
  }
}
