import { DeviceListBytes, DeviceSigningKey, listHash, signDeviceList, systemRandom } from '@sotto/crypto';
import { issueReceipt, parseDeviceList } from '@sotto/crypto/server';
import { ManualClock } from '../../net/testing/manual-clock.js';
import { AccountRepository } from '../../storage/account-repository.js';
import type { ProfileDatabase } from '../../storage/database.js';
import { DevicePinRepository } from '../../storage/device-pin-repository.js';
import { PreKeyRepository } from '../../storage/pre-key-repository.js';
import { temporaryDatabase } from '../../testing/temporary-profile.js';
import { wrappedKeysOf } from '../../testing/wrapped-keys.js';
import { AccountService, type AccountServiceParts } from '../account-service.js';
import type { ServerLinkEvent } from '../server-link.js';
import type { AccountRecord, AccountResult, AccountStore, Failed } from '../types.js';
import { AccountServer } from './account-server.js';

export const PASSWORD = 'trombone-basalt-kayak';

/** A write that kills the process at its `moment`: before anything is on disk, or right after. */
export interface Death {
  readonly write: number;
  readonly moment: 'before' | 'after';
}

export const KILLED = 'killed';

/** Counts durable writes and dies at one of them; afterwards it writes nothing more, as a dead process does. */
class Mortality {
  #writes = 0;
  #isDead = false;

  readonly #death: Death | undefined;

  constructor(death: Death | undefined) {
    this.#death = death;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  write<T>(work: () => T): T {
    if (this.#isDead) throw new Error(KILLED);
    this.#writes += 1;
    const death = this.#death?.write === this.#writes ? this.#death : undefined;
    if (death?.moment === 'before') this.#die();
    const result = work();
    if (death !== undefined) this.#die();
    return result;
  }

  #die(): never {
    this.#isDead = true;
    throw new Error(KILLED);
  }
}

/** A profile on disk and the programs that run on it one after the other, against one server. */
export class AccountBench {
  readonly clock = new ManualClock();
  readonly events: ServerLinkEvent[] = [];
  readonly database: ProfileDatabase = temporaryDatabase();
  readonly accounts = new AccountRepository(this.database);
  readonly pins = new DevicePinRepository(this.database);
  readonly preKeys = new PreKeyRepository(this.database);
  /** Dictionaries take long to load; tests of the rules themselves put the real one here and restart. */
  judgePassword: AccountServiceParts['judgePassword'] = async () => ({ outcome: 'strong' });
  server!: AccountServer;
  service!: AccountService;
  readonly #services: AccountService[] = [];

  static async start(): Promise<AccountBench> {
    const bench = new AccountBench();
    bench.server = await AccountServer.start(bench.clock);
    bench.restart();
    return bench;
  }

  /** A new process on the same profile. The one before is not asked to close: it may have been killed. */
  restart(death?: Death): { readonly isDead: boolean } {
    const mortality = new Mortality(death);
    let depth = 0;
    const atomically = <T>(work: () => T): T => {
      if (depth > 0) return work();
      depth += 1;
      try {
        return mortality.write(() => this.database.atomically(work));
      } finally {
        depth -= 1;
      }
    };
    const accounts: AccountStore = {
      find: () => this.accounts.find(),
      save: (record) => atomically(() => this.accounts.save(record)),
      discardPending: () => atomically(() => this.accounts.discardPending()),
      discardRecovering: () => atomically(() => this.accounts.discardRecovering()),
    };
    const { pins, preKeys, clock } = this;
    const log = (event: ServerLinkEvent): void => {
      this.events.push(event);
    };
    const { judgePassword } = this;
    this.service = new AccountService({
      accounts,
      wrappedKeys: wrappedKeysOf(this.database),
      pins,
      preKeys,
      atomically,
      random: systemRandom,
      clock,
      log,
      judgePassword,
    });
    this.#services.push(this.service);
    return mortality;
  }

  register(changes: { address?: string; username?: string; password?: string; email?: string } = {}) {
    return this.service.register({
      address: this.server.origin,
      username: 'anna',
      password: PASSWORD,
      email: undefined,
      inviteCode: undefined,
      ...changes,
    });
  }

  get record(): AccountRecord {
    const record = this.accounts.find();
    if (record === undefined) throw new Error('no account');
    return record;
  }

  get link() {
    const { link } = this.service;
    if (link === undefined) throw new Error('no link');
    return link;
  }

  async stop(): Promise<void> {
    for (const service of this.#services) await service.close();
    await this.server.stop();
  }
}

export const failure = (code: Failed['failure']['code'], params: Failed['failure']['params'] = {}): Failed => ({
  outcome: 'failed',
  failure: { code, params },
});

export const okOf = <T>(result: AccountResult<T> | undefined): T => {
  if (result?.outcome !== 'ok') throw new Error(`not ok: ${JSON.stringify(result)}`);
  return result.value;
};

/** The device takes itself off its account's list, as the person would do on it; the server receipts that. */
export const leaveTheList = ({ server, record }: AccountBench): void => {
  const { steps } = server.only;
  const [genesis] = steps;
  const list = parseDeviceList(genesis!.list.bytes);
  if (list === undefined) throw new Error('the genesis list is damaged');
  const signingKey = DeviceSigningKey.of(record.keys.deviceSigningKey);
  const signer = { kind: 'deviceSigningKey', deviceId: record.deviceId } as const;
  const previousHash = listHash(DeviceListBytes.of(genesis!.list.bytes));
  const next = signDeviceList({ ...list, number: 1, previousHash, signer, entries: [] }, signingKey);
  const place = { epoch: 0, number: 1, hash: listHash(next.bytes) };
  const receipt = issueReceipt(server.ring.receiptKey, record.accountId, place, server.clock.now());
  steps.push({ list: next, receipt, certificates: [] });
};
