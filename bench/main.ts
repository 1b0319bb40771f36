import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { benchCli } from './cli/run.js';
import { benchClient } from './client/run.js';
import { benchDecode } from './decode/run.js';
import { benchLink } from './link/run.js';
import { benchLoad } from './load/run.js';
import { benchPaths } from './paths/run.js';
import { benchRelay } from './relay/run.js';

/** Every benchmark by the name it is asked for with: `npm run bench -- NAME`. */
const BENCHES = {
  relay: () => benchRelay(numbers),
  paths: () => benchPaths(numbers),
  client: () => benchClient({ messages: Number(values.messages) }),
  cli: () => benchCli(numbers),
  link: () => benchLink(),
  decode: () => benchDecode(),
  load: () => benchLoad(loadNumbers),
} as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    runs: { type: 'string', default: '3' },
    idle: { type: 'string', default: '500' },
    minutes: { type: 'string', default: '10' },
    people: { type: 'string', default: '100' },
    sockets: { type: 'string', default: '5000' },
    storm: { type: 'string', default: '2000' },
    messages: { type: 'string', default: '1000000' },
  },
});
const numbers = {
  seconds: Number(values.seconds),
  runs: Number(values.runs),
  idleConnections: Number(values.idle),
};
const loadNumbers = {
  minutes: Number(values.minutes),
  people: Number(values.people),
  sockets: Number(values.sockets),
  storm: Number(values.storm),
};

const load = (): string => loadavg()[0]?.toFixed(1) ?? 'unknown';
const loadBefore = load();

const isBench = (name: string): name is keyof typeof BENCHES => Object.hasOwn(BENCHES, name);

const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
for (const name of names) {
  if (!isBench(name)) {
    process.stderr.write(`There is no benchmark "${name}". There are: ${Object.keys(BENCHES).join(', ')}.\n`);
    process.exitCode = 2;
    break;
  }
  process.stdout.write(`## ${name}\n\n${await BENCHES[name]()}\n\n`);
}
const commit = spawnSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).stdout.trim();
process.stdout.write(
  `Commit ${commit === '' ? 'unknown' : commit}, Node ${process.version}, ${String(cpus().length)} × ` +
    `${cpus()[0]?.model ?? 'unknown processor'}, load before ${loadBefore} and after ${load()}\n`,
);
