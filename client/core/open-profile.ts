import type { AppView, CoreEvent } from '@sotto/client/bridge';
import type { RandomSource } from '@sotto/crypto';
import { AccountService } from './account/account-service.js';
import { judgePassword } from './account/password-rules.js';
import type { ServerLink, ServerLinkEvent } from './account/server-link.js';
import type { OwnAccount } from './account/types.js';
import { Joining } from './linking/joining.js';
import { LinkOffers } from './linking/link-offers.js';
import type { CoreLog } from './log.js';
import { Messaging } from './messaging/messaging.js';
import { AnonymousRest } from './net/anonymous-rest.js';
import type { Clock } from './net/clock.js';
import { HttpTransport } from './net/http-transport.js';
import { AccountRepository } from './storage/account-repository.js';
import type { ProfileDatabase } from './storage/database.js';
import { DevicePinRepository } from './storage/device-pin-repository.js';
import { LinkJoinRepository } from './storage/link-join-repository.js';
import { LinkOfferRepository } from './storage/link-offer-repository.js';
import { PreKeyRepository } from './storage/pre-key-repository.js';

interface OpenProfileParts {
  readonly database: ProfileDatabase;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: CoreLog;
  readonly emit: (event: CoreEvent) => void;
}

/** An account at work: its link to the server and its messages. */
export interface Running {
  readonly account: OwnAccount;
  readonly link: ServerLink;
  readonly messaging: Messaging;
  readonly linking: LinkOffers;
}

const describe = (event: ServerLinkEvent): string => ('where' in event ? `${event.event}.${event.where}` : event.event);

/** A profile whose database is open: its account, if it has one, and everything that works for it. */
export class OpenProfile {
  readonly accounts: AccountService;
  readonly joining: Joining;
  readonly #parts: OpenProfileParts;
  #running: Running | undefined;

  constructor(parts: OpenProfileParts) {
    const { database, clock, random, log } = parts;
    this.#parts = parts;
    this.accounts = new AccountService({
      accounts: new AccountRepository(database),
      pins: new DevicePinRepository(database),
      preKeys: new PreKeyRepository(database),
      atomically: database.atomically,
      random,
      clock,
      judgePassword,
      log: (event) => log('connection', { code: describe(event) }),
    });
    this.joining = this.#joining();
  }

  /** Begins to work for the account, as soon as there is one. Harmless when that has happened. */
  start(): void {
    const account = this.accounts.find();
    const { link } = this.accounts;
    if (this.#running !== undefined || account === undefined || link === undefined) return;
    const messaging = this.#messagingOf(account, link);
    const linking = this.#linkingOf(link);
    this.#running = { account, link, messaging, linking };
    link.connection.onState(() => this.tell());
    messaging.start();
    linking.resume();
    this.tell();
  }

  /** Takes up a registration or a link that a crash or a lost answer has left open. */
  async resume(): Promise<void> {
    this.joining.resume();
    await this.accounts.resumeRegistration();
    this.start();
  }

  get running(): Running | undefined {
    return this.#running;
  }

  view(): AppView {
    if (this.#running === undefined) return { phase: 'noAccount' };
    const { account, link, messaging } = this.#running;
    return {
      phase: 'ready',
      account: { accountId: account.accountId, username: account.username, server: account.server.origin },
      connection: link.connection.state,
      setAside: messaging.setAside,
      expired: messaging.expired,
    };
  }

  tell(): void {
    this.#parts.emit({ type: 'app', app: this.view() });
  }

  async close(): Promise<void> {
    this.joining.stop();
    this.#running?.linking.stop();
    await this.#running?.messaging.stop();
    await this.accounts.close();
  }

  #joining(): Joining {
    const { database, clock, random, log, emit } = this.#parts;
    return new Joining({
      joins: new LinkJoinRepository(database),
      accounts: new AccountRepository(database),
      pins: new DevicePinRepository(database),
      preKeys: new PreKeyRepository(database),
      history: undefined,
      atomically: database.atomically,
      connect: (origin) => {
        const transport = new HttpTransport(origin);
        return { api: new AnonymousRest(transport), close: () => transport.close() };
      },
      emit: (join) => emit({ type: 'join', join }),
      onJoined: (grant) => {
        if (grant !== undefined) this.accounts.link?.signedIn(grant);
        this.start();
      },
      ...{ clock, random, log },
    });
  }

  #linkingOf({ account, devices, standing }: ServerLink): LinkOffers {
    const { database, clock, random, log, emit } = this.#parts;
    return new LinkOffers({
      accounts: new AccountRepository(database),
      pins: new DevicePinRepository(database),
      offers: new LinkOfferRepository(database),
      atomically: database.atomically,
      api: account,
      storageRecord: () => ({ version: 0, hash: undefined }),
      history: undefined,
      emit: (linkOffer) => emit({ type: 'linkOffer', linkOffer }),
      ...{ devices, standing, clock, random, log },
    });
  }

  #messagingOf({ accountId, username, deviceId }: OwnAccount, link: ServerLink): Messaging {
    const { database, clock, random, log, emit } = this.#parts;
    return new Messaging({
      owner: { accountId, username, deviceId, identity: link.identity, profileKey: () => this.accounts.profileKey },
      database,
      connection: link.connection,
      accountApi: link.account,
      anonymousApi: link.anonymous,
      devices: link.devices,
      certificates: link.senderCertificates,
      trust: () => link.senderTrust,
      clock,
      serverTime: link.serverTime,
      random,
      log,
      emit,
      onPreKeysUsed: () => {
        link.preKeys.run().catch(() => log('failed', { code: 'preKeys' }));
      },
      ownAccount: {
        onKeys: (rotation) => this.accounts.adoptKeys(rotation),
        onStorageRecord: () => undefined,
        onChange: () => database.afterCommit(() => this.tell()),
      },
      onCounts: () => this.tell(),
    });
  }
}
