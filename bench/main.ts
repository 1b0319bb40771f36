import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchRelay } from './relay/run.js';

/** Every benchmark by the name it is asked for with: `npm run bench -- NAME`. */
const BENCHES = {
  relay: () => benchRelay(numbers),
} as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    runs: { type: 'string', default: '3' },
    idle: { type: 'string', default: '500' },
  },
});
const numbers = {
  seconds: Number(values.seconds),
  runs: Number(values.runs),
  idleConnections: Number(values.idle),
};

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
process.stdout.write(
  `Node ${process.version}, ${String(cpus().length)} × ${cpus()[0]?.model ?? 'unknown processor'}\n`,
);
