import { join } from 'node:path';
import { freePort, pinToCore, temporaryFolder } from '@sotto/e2e/harness';
import { startBenchDatabase } from '../relay/databases.js';
import { registerLoadUsers, type LoadUser } from '../relay/sotto-registration.js';
import { startBenchServer, type BenchServer } from '../server.js';
import { short, table } from '../statistics.js';
import { runFlood } from './flood.js';
import { runMix } from './mix.js';
import { devicesFor, measureIdleSockets, runStorm } from './storm.js';

export interface LoadOptions {
  readonly minutes: number;
  readonly people: number;
  readonly sockets: number;
  readonly storm: number;
}

const RELAY_CORE = 0;
const LOAD_CORE = 1;
const FLOODED_PEOPLE = 60;
/** The limits as they are. */
const REAL_LIMITS = { limitFactor: 1 };

/** How often each code was met. */
const tally = (codes: readonly string[]): string => {
  if (codes.length === 0) return 'none';
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, count]) => `${String(count)} × ${code}`).join(', ');
};

/** What a small organisation and its bad days ask of one server; gives the report as Markdown. */
export const benchLoad = async ({ minutes, people, sockets, storm }: LoadOptions): Promise<string> => {
  const folder = await temporaryFolder();
  const database = await startBenchDatabase();
  const databaseUrl = await database?.create('sotto_load');
  const port = await freePort();
  pinToCore(process.pid, LOAD_CORE);
  if (database?.server.pid !== undefined) pinToCore(database.server.pid, RELAY_CORE);
  let server: BenchServer | undefined;
  const start = async (limits: { readonly limitFactor?: number } = {}): Promise<BenchServer> => {
    await server?.stop();
    server = await startBenchServer({ dataFolder: join(folder.path, 'server'), databaseUrl, port, ...limits });
    pinToCore(server.pid, RELAY_CORE);
    return server;
  };
  try {
    const { address } = await start();
    const users: LoadUser[] = [];
    await registerLoadUsers(address, users, Math.max(people, FLOODED_PEOPLE, devicesFor(Math.max(sockets, storm))));
    // The short ones first: access tokens are good for ten minutes, and only the mix renews them.
    const storming = { users, sockets: storm, startAgain: () => start(REAL_LIMITS) };
    const stormed = await runStorm(await start(REAL_LIMITS), storming);
    const idle = await measureIdleSockets(await start(), users, sockets);
    await start(REAL_LIMITS);
    const flood = await runFlood(address, users.slice(0, FLOODED_PEOPLE));
    await start();
    const mix = await runMix({ address, users: users.slice(0, people), seconds: minutes * 60 });
    const rows = [
      [
        `${String(storm)} connections lost and back at once, real limits`,
        `all back after ${short(stormed.allBackMs)} ms (p50 ${short(stormed.p50Ms)}, p99 ${short(stormed.p99Ms)}); refused: ${tally(stormed.refused)}`,
      ],
      [
        `${String(sockets)} idle connections, just started`,
        `${short(idle.residentMiB)} MiB, ${short(idle.beforeMiB)} before, ${short(idle.kibEach)} KiB each; refused: ${tally(idle.refused)}`,
      ],
      [
        `one account floods, ${String(flood.people)} write, real limits`,
        `p95 of the others ${short(flood.floodedP95Ms)} ms against ${short(flood.calmP95Ms)} ms, ${short(flood.ratio)}×; ` +
          `${short(flood.floodPerSecond)} attempts a second; refused to the others: ${tally(flood.refusedToOthers)}`,
      ],
      [
        `${String(people)} people for ${String(minutes)} minutes, a bit of everything`,
        `p50 ${short(mix.p50Ms)} ms, p95 ${short(mix.p95Ms)} ms, p99 ${short(mix.p99Ms)} ms; ${short(mix.sent)} messages, ` +
          `${short(mix.calls)} calls, ${short(mix.dropped)} lost networks; lost: ${String(mix.lost)}; refused: ${tally(mix.refused)}`,
      ],
    ];
    if (mix.lost > 0) throw new Error(`${String(mix.lost)} accepted messages are missing`);
    return [
      table(['load', 'found'], rows),
      '',
      `On ${database?.name ?? 'the embedded database'}; server and database on one core, the load on another.`,
    ].join('\n');
  } finally {
    await server?.stop();
    await database?.server.stop();
    await folder.remove();
  }
};
