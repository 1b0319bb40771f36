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

const measure = async (start: () => Promise<Target>, options: RelayOptions): Promise<Row> => {
  const target = await start();
  for (const pid of target.pids) pinToCore(pid, RELAY_CORE);
  try {
    // Idle connections first: a process that has worked holds memory that later connections would take for free.
    const idle = await measureIdle(target, options.idleConnections);
    const saturations: Saturation[] = [];
    const latencies: Latency[] = [];
    const backlogs: Backlog[] = [];
    for (let run = 0; run < options.runs; run += 1) {
      latencies.push(await measureLatency(target, LATENCY_PER_SECOND, options.seconds));
      saturations.push(await saturate(target, options.seconds));
      if (target.storesForAbsent) backlogs.push(await measureBacklog(target));
    }
    return {
      name: target.name,
      saturation: {
        messagesPerSecond: median(saturations.map(({ messagesPerSecond }) => messagesPerSecond)),
        cpuPerThousand: median(saturations.map(({ cpuPerThousand }) => cpuPerThousand)),
      },
      latency: {
        p50Ms: median(latencies.map(({ p50Ms }) => p50Ms)),
        p95Ms: median(latencies.map(({ p95Ms }) => p95Ms)),
        p99Ms: median(latencies.map(({ p99Ms }) => p99Ms)),
      },
      backlog:
        backlogs.length === 0
          ? undefined
          : {
              takenPerSecond: median(backlogs.map(({ takenPerSecond }) => takenPerSecond)),
              drainedMs: median(backlogs.map(({ drainedMs }) => drainedMs)),
            },
      idle,
    };
  } finally {
    await target.stop();
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

const measureTwoProcesses = async (
  database: BenchDatabase,
  {
    path,
    databasePids,
    single,
  }: { readonly path: string; readonly databasePids: readonly number[]; readonly single: Row },
  options: RelayOptions,
): Promise<Measured> => {
  if (!hasRedis()) return { rows: [], ratios: ['Two processes were left out: redis-server is not installed.'] };
  const redis = await startPrivateRedis();
  try {
    const shared = { databaseUrl: await database.create('sotto_two'), redisUrl: redis.url };
    const start = () =>
      startSotto({
        ...{ name: `Sotto, two processes, ${database.name} and Redis`, dataFolder: join(path, 'first'), ...shared },
        databasePids: [...databasePids, redis.pid],
        others: [{ dataFolder: join(path, 'second'), ...shared }],
      });
    const two = await measure(start, options);
    return { rows: [two], ratios: [ratio(two, single)] };
  } finally {
    await redis.stop();
  }
};

const measureOnMysql = async (database: BenchDatabase, path: string, options: RelayOptions): Promise<Measured> => {
  const databasePids = database.server.pid === undefined ? [] : [database.server.pid];
  const baseline = async (name: string, kind: string, isGrouped: boolean): Promise<Row> => {
    const databaseUrl = await database.create(name);
    return measure(
      () => startBaseline({ name: `minimal relay, ${kind}, ${database.name}`, databaseUrl, databasePids, isGrouped }),
      options,
    );
  };
  const minimal = await baseline('baseline', 'a commit an envelope', false);
  const group = await baseline('baseline_group', 'group commit', true);
  const databaseUrl = await database.create('sotto');
  const sotto = await measure(
    () => startSotto({ name: `Sotto, ${database.name}`, dataFolder: join(path, 'mysql'), databaseUrl, databasePids }),
    options,
  );
  const two = await measureTwoProcesses(database, { path, databasePids, single: sotto }, options);
  return {
    rows: [minimal, group, sotto, ...two.rows],
    ratios: [ratio(sotto, minimal), ratio(sotto, group), ...two.ratios],
  };
};

/** Measures Sotto and the baselines one after the other in one run; gives the report as Markdown. */
export const benchRelay = async (options: RelayOptions): Promise<string> => {
  const folder = await temporaryFolder();
  const database = await startBenchDatabase();
  const isPinned = pinToCore(process.pid, LOAD_CORE);
  try {
    const bare = await measure(() => startBaseline({ name: 'bare `ws` relay' }), options);
    const embedded = await measure(
      () =>
        startBaseline({
          name: 'minimal relay, a commit an envelope, SQLite',
          databaseUrl: `embedded:${join(folder.path, 'baseline.db')}`,
        }),
      options,
    );
    const sottoEmbedded = await measure(
      () => startSotto({ name: 'Sotto, embedded database', dataFolder: join(folder.path, 'embedded') }),
      options,
    );
    const rows = [bare, embedded, sottoEmbedded];
    const placing = isPinned
      ? 'Relay and database on one core, the load on another.'
      : '`taskset` is not there: relay, database and load shared all cores.';
    const ratios = [ratio(sottoEmbedded, embedded), ratio(sottoEmbedded, bare)];
    if (database === undefined) ratios.push('MySQL was left out: no mysqld was named and no mariadbd is installed.');
    else {
      const measured = await measureOnMysql(database, folder.path, options);
      rows.push(...measured.rows);
      ratios.push(...measured.ratios);
    }
    return [table(HEAD, rows.map(cells)), '', placing, '', ...ratios.map((line) => `- ${line}`)].join('\n');
  } finally {
    await database?.server.stop();
    await folder.remove();
  }
};
