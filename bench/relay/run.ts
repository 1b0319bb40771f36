import { join } from 'node:path';
import { pinToCore, residentMiB, temporaryFolder } from '@sotto/e2e/harness';
import { median, short, table } from '../statistics.js';
import { startBaseline } from './baseline-target.js';
import { startBenchDatabase, type BenchDatabase } from './databases.js';
import { hasRedis, startPrivateRedis } from '@sotto/server/private-databases';
import { measureBacklog, measureLatency, saturate, type Backlog, type Latency, type Saturation } from './load.js';
import { startSotto } from './sotto-target.js';
import type { Target } from './target.js';

export interface RelayOptions {
  readonly seconds: number;
  readonly runs: number;
  readonly idleConnections: number;
}

interface Row {
  readonly name: string;
  readonly saturation: Saturation;
  readonly latency: Latency;
  readonly backlog: Backlog | undefined;
  readonly idle: Idle;
}

/** Silent connections: what each of them costs, and what the process holds with all of them. */
interface Idle {
  readonly kibEach: number;
  readonly residentMiB: number;
}

/** The relay and its database share one core, the load has another, where `taskset` can see to it. */
const RELAY_CORE = 0;
const LOAD_CORE = 1;
const LATENCY_PER_SECOND = 200;

const measureIdle = async (target: Target, count: number): Promise<Idle> => {
  await target.prepareIdle(count);
  // Opened and closed once first: what the process keeps for its first connections is not a cost of each.
  (await target.connectIdle(count))();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const before = residentMiB(target.relayPid);
  const close = await target.connectIdle(count);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const after = residentMiB(target.relayPid);
  close();
  return { kibEach: ((after - before) * 1_024) / count, residentMiB: after };
};

/** One target in one round. */
interface Round {
  readonly latency: Latency;
  readonly saturation: Saturation;
  readonly backlog: Backlog | undefined;
}

const measureRound = async (target: Target, { seconds }: RelayOptions): Promise<Round> => ({
  latency: await measureLatency(target, LATENCY_PER_SECOND, seconds),
  saturation: await saturate(target, seconds),
  backlog: target.storesForAbsent ? await measureBacklog(target) : undefined,
});

const rowOf = (name: string, idle: Idle, rounds: readonly Round[]): Row => {
  const middle = (value: (round: Round) => number): number => median(rounds.map(value));
  return {
    name,
    idle,
    saturation: {
      messagesPerSecond: middle(({ saturation }) => saturation.messagesPerSecond),
      cpuPerThousand: middle(({ saturation }) => saturation.cpuPerThousand),
    },
    latency: {
      p50Ms: middle(({ latency }) => latency.p50Ms),
      p95Ms: middle(({ latency }) => latency.p95Ms),
      p99Ms: middle(({ latency }) => latency.p99Ms),
    },
    backlog: rounds.some(({ backlog }) => backlog === undefined)
      ? undefined
      : {
          takenPerSecond: middle(({ backlog }) => backlog?.takenPerSecond ?? 0),
          drainedMs: middle(({ backlog }) => backlog?.drainedMs ?? 0),
        },
  };
};

/**
 * Measures targets in turns, round by round: what else the machine does meanwhile meets all of them. Those that are not measured stand idle.
 */
const measure = async (starts: readonly (() => Promise<Target>)[], options: RelayOptions): Promise<readonly Row[]> => {
  const measured: { readonly target: Target; readonly idle: Idle; readonly rounds: Round[] }[] = [];
  try {
    for (const start of starts) {
      const target = await start();
      for (const pid of target.pids) pinToCore(pid, RELAY_CORE);
      const entry = { target, idle: { kibEach: 0, residentMiB: 0 }, rounds: [] };
      measured.push(entry);
      // Idle connections first: a process that has worked holds memory that later connections would take for free.
      measured.splice(-1, 1, { ...entry, idle: await measureIdle(target, options.idleConnections) });
    }
    for (let round = 0; round < options.runs; round += 1)
      for (const { target, rounds } of measured) rounds.push(await measureRound(target, options));
    return measured.map(({ target, idle, rounds }) => rowOf(target.name, idle, rounds));
  } finally {
    for (const { target } of measured) await target.stop();
  }
};

const cells = ({ name, saturation, latency, backlog, idle }: Row): string[] => [
  name,
  short(saturation.messagesPerSecond),
  short(saturation.cpuPerThousand),
  short(latency.p50Ms),
  short(latency.p95Ms),
  short(latency.p99Ms),
  backlog === undefined ? '–' : short(backlog.takenPerSecond),
  backlog === undefined ? '–' : short(backlog.drainedMs),
  short(idle.kibEach),
  short(idle.residentMiB),
];

const ratio = (sotto: Row, baseline: Row): string =>
  `${sotto.name} against ${baseline.name}: ` +
  `${short(sotto.saturation.cpuPerThousand / baseline.saturation.cpuPerThousand)}× CPU a message, ` +
  `${short(sotto.saturation.messagesPerSecond / baseline.saturation.messagesPerSecond)}× throughput, ` +
  `${short(sotto.latency.p99Ms / baseline.latency.p99Ms)}× p99`;

const HEAD = [
  'relay',
  'msg/s at saturation',
  'CPU s per 1,000 (relay + database)',
  'p50 ms at 200/s',
  'p95 ms',
  'p99 ms',
  '1,000 for one who is away: taken per s',
  'drained in ms',
  'KiB per idle connection',
  'MiB with all of them',
];

interface Measured {
  readonly rows: readonly Row[];
  readonly ratios: readonly string[];
}

const measureEmbedded = async (path: string, options: RelayOptions): Promise<Measured> => {
  const rows = await measure(
    [
      () => startBaseline({ name: 'bare `ws` relay' }),
      () =>
        startBaseline({
          name: 'minimal relay, a commit an envelope, SQLite',
          databaseUrl: `embedded:${join(path, 'baseline.db')}`,
        }),
      () => startSotto({ name: 'Sotto, embedded database', dataFolder: join(path, 'embedded') }),
    ],
    options,
  );
  const [bare, minimal, sotto] = rows;
  if (bare === undefined || minimal === undefined || sotto === undefined) throw new Error('three were measured');
  return { rows, ratios: [ratio(sotto, minimal), ratio(sotto, bare)] };
};

const measureOnMysql = async (database: BenchDatabase, path: string, options: RelayOptions): Promise<Measured> => {
  const databasePids = database.server.pid === undefined ? [] : [database.server.pid];
  const redis = hasRedis() ? await startPrivateRedis() : undefined;
  const baseline = (name: string, kind: string, isGrouped: boolean) => async (): Promise<Target> =>
    startBaseline({
      ...{ name: `minimal relay, ${kind}, ${database.name}`, databasePids, isGrouped },
      databaseUrl: await database.create(name),
    });
  const one = async (): Promise<Target> =>
    startSotto({
      ...{ name: `Sotto, ${database.name}`, dataFolder: join(path, 'mysql'), databasePids },
      databaseUrl: await database.create('sotto'),
    });
  const two = async (): Promise<Target> => {
    const shared = { databaseUrl: await database.create('sotto_two'), redisUrl: redis?.url };
    return startSotto({
      ...{ name: `Sotto, two processes, ${database.name} and Redis`, dataFolder: join(path, 'first'), ...shared },
      databasePids: [...databasePids, ...(redis === undefined ? [] : [redis.pid])],
      others: [{ dataFolder: join(path, 'second'), ...shared }],
    });
  };
  try {
    const starts = [
      baseline('baseline', 'a commit an envelope', false),
      baseline('baseline_group', 'group commit', true),
    ];
    const rows = await measure([...starts, one, ...(redis === undefined ? [] : [two])], options);
    const [minimal, group, sotto, both] = rows;
    if (minimal === undefined || group === undefined || sotto === undefined) throw new Error('three were measured');
    const ofTwo =
      both === undefined ? 'Two processes were left out: redis-server is not installed.' : ratio(both, sotto);
    return { rows, ratios: [ratio(sotto, minimal), ratio(sotto, group), ofTwo] };
  } finally {
    await redis?.stop();
  }
};

/** Measures Sotto and the baselines in one run; gives the report as Markdown. */
export const benchRelay = async (options: RelayOptions): Promise<string> => {
  const folder = await temporaryFolder();
  const database = await startBenchDatabase();
  const isPinned = pinToCore(process.pid, LOAD_CORE);
  try {
    const embedded = await measureEmbedded(folder.path, options);
    const onMysql =
      database === undefined
        ? { rows: [], ratios: ['MySQL was left out: no mysqld was named and no mariadbd is installed.'] }
        : await measureOnMysql(database, folder.path, options);
    const placing = isPinned
      ? 'Relay and database on one core, the load on another; targets of one database measured in turns, round by round.'
      : '`taskset` is not there: relay, database and load shared all cores.';
    const ratios = [...embedded.ratios, ...onMysql.ratios].map((line) => `- ${line}`);
    return [table(HEAD, [...embedded.rows, ...onMysql.rows].map(cells)), '', placing, '', ...ratios].join('\n');
  } finally {
    await database?.server.stop();
    await folder.remove();
  }
};
