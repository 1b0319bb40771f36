import { builtProgram } from './built-program.js';
import { formatKillPoint, KILL_POINT_VARIABLE, type KillPoint } from './kill-point.js';
import { startProcess, type Started } from './process.js';

const PROGRAM = builtProgram('server-program.js');

export interface ServerProcessOptions {
  readonly dataFolder: string;
  readonly port: number;
  readonly databaseUrl?: string;
  readonly killAt?: KillPoint;
  /** Further settings of the server, and of Node. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServerProcess extends Started {
  readonly address: string;
}

/** A server process with rate limits out of the way: crash tests send more than people do. */
export const startServerProcess = async (options: ServerProcessOptions): Promise<ServerProcess> => {
  const started = await startProcess({
    file: process.execPath,
    args: [PROGRAM],
    env: {
      SOTTO_DATA: options.dataFolder,
      SOTTO_PORT: String(options.port),
      SOTTO_LIMIT_FACTOR: '1000000',
      ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
      [KILL_POINT_VARIABLE]: options.killAt === undefined ? '' : formatKillPoint(options.killAt),
      ...options.env,
    },
    ready: /listening on (http:\S+)/,
  });
  return { ...started, address: started.ready[1] ?? '' };
};
