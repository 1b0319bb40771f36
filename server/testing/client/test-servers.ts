import { afterEach, describe, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseUnixMs, parseEnvelopeId, type EnvelopeId } from '@sotto/protocol/ids';
import { randomUUID } from 'node:crypto';
import type { DeviceKeys } from '@sotto/crypto';
import type { DeviceEnvelope, SendFrame, TokenGrant } from '@sotto/protocol/wire';
import { startServer, type Clock, type RunningServer, type Settings } from '../../index.js';
import { openStorage } from '../../storage/open-storage.js';
import type { Storage } from '../../storage/storage.js';
import { describeOnEveryDatabase, type Databases } from '../describe-on-every-database.js';
import { FrameClient } from './frame-client.js';
import { succeed } from './rest-calls.js';
import { TestAccount } from './test-account.js';

/** A clock that a test can turn. */
export class TestClock {
  offsetMs = 0;
  readonly now: Clock = () => parseUnixMs(Date.now() + this.offsetMs)!;
}

/** A real server on a database of its own, and the sockets that were opened to it. */
export interface TestServer {
  readonly address: string;
  readonly running: RunningServer;
  readonly clock: TestClock;
  readonly databaseUrl: string;
  readonly dataFolder: string;
  /** Every log line so far. */
  readonly log: string[];
  /** The database beside the server, as another process would have it. */
  storage(): Promise<Storage>;
}

/** Somebody with an account, signed in. */
export interface TestPerson {
  readonly account: TestAccount;
  readonly grant: TokenGrant;
  readonly token: string;
}

export interface StartTestServer {
  readonly settings?: Settings;
  /** The database of a server that runs or has run; a new one if absent. */
  readonly on?: Pick<TestServer, 'databaseUrl'>;
  /** How far the server's clock is ahead from its start. */
  readonly clockOffsetMs?: number;
}

/** Starts servers for tests and ends whatever they left behind. */
export class TestServers {
  readonly databases: Databases;
  #endings: (() => Promise<void> | void)[] = [];

  constructor(databases: Databases) {
    this.databases = databases;
  }

  async start({ settings = {}, on, clockOffsetMs = 0 }: StartTestServer = {}): Promise<TestServer> {
    const databaseUrl = on?.databaseUrl ?? (await this.databases.empty()).url;
    const dataFolder = mkdtempSync(join(tmpdir(), 'sotto-server-'));
    const log: string[] = [];
    const clock = new TestClock();
    clock.offsetMs = clockOffsetMs;
    const running = await startServer({
      settings: {
        SOTTO_PORT: '0',
        SOTTO_DATA: dataFolder,
        SOTTO_LOG_LEVEL: 'debug',
        SOTTO_LIMIT_FACTOR: '1000',
        DATABASE_URL: databaseUrl,
        ...settings,
      },
      clock: clock.now,
      logTo: { write: (line: string) => void log.push(line) },
    });
    this.onEnd(() => rmSync(dataFolder, { recursive: true, force: true }));
    this.onEnd(() => running.stop());
    const storage = async (): Promise<Storage> => {
      const opened = await openStorage(databaseUrl);
      this.onEnd(() => opened.close());
      return opened;
    };
    return { address: running.address, running, clock, databaseUrl, dataFolder, log, storage };
  }

  /** Runs before the servers are stopped, the latest first. */
  onEnd(ending: () => Promise<void> | void): void {
    this.#endings.push(ending);
  }

  async endAll(): Promise<void> {
    const endings = this.#endings.toReversed();
    this.#endings = [];
    for (const end of endings) await end();
  }

  async open(server: TestServer, person: TestPerson): Promise<FrameClient> {
    const client = await FrameClient.authenticated(server.address, person.token);
    this.onEnd(() => client.socket.terminate());
    return client;
  }

  async openAnonymous(server: TestServer): Promise<FrameClient> {
    const client = await FrameClient.open(server.address, 'anonymous');
    this.onEnd(() => client.socket.terminate());
    return client;
  }
}

/** Real databases on a machine that has other work to do. */
const TEST_TIMEOUT_MS = 60_000;

/** Runs a suite against real servers on every database. */
export const describeServer = (name: string, suite: (servers: TestServers) => void): void =>
  describeOnEveryDatabase(name, (databases) => {
    jest.setTimeout(TEST_TIMEOUT_MS);
    // A block of its own: its servers stop before the block around it removes their databases.
    describe('server', () => {
      const servers = new TestServers(databases);
      afterEach(() => servers.endAll());
      suite(servers);
    });
  });

let people = 0;

/** Registers somebody new. */
export const registerPerson = async (
  server: Pick<TestServer, 'address'>,
  username = `person_${(people += 1)}`,
): Promise<TestPerson> => {
  const account = new TestAccount(username);
  const { grant } = await succeed(server.address, 'register', { body: account.registerRequest() });
  return { account, grant, token: grant.accessToken };
};

/** Waits until something is so. */
export const eventually = async (condition: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** Signs in a device of an account, the first one unless told otherwise. */
export const signInPerson = async (
  server: Pick<TestServer, 'address'>,
  account: TestAccount,
  device?: DeviceKeys,
): Promise<TestPerson> => {
  const { challenge } = await succeed(server.address, 'authParameters', { body: { identifier: account.username } });
  const grant = await succeed(server.address, 'signIn', { body: account.signInRequest(challenge, device) });
  return { account, grant, token: grant.accessToken };
};

const newEnvelopeId = (): EnvelopeId => parseEnvelopeId(randomUUID())!;

/** An envelope for one device; what is in it is nobody's business here. */
export const envelopeFor = (device: DeviceKeys, changes: Partial<DeviceEnvelope> = {}): DeviceEnvelope => ({
  deviceId: device.deviceId,
  registrationId: device.registrationId,
  envelopeId: newEnvelopeId(),
  ciphertext: new Uint8Array(Buffer.from(randomUUID())),
  ...changes,
});

/** A send to the first device of somebody. */
export const sendTo = (recipient: TestAccount, changes: Partial<SendFrame> = {}): SendFrame => ({
  type: 'send',
  recipient: recipient.accountId,
  accessKey: undefined,
  envelopes: [envelopeFor(recipient.keys.device)],
  ...changes,
});
