import { createRequire } from 'node:module';
import { startProcess, type Started } from '@sotto/e2e/harness';

const PROGRAM = createRequire(import.meta.url).resolve('@sotto/server/main');

export interface BenchServerOptions {
  readonly dataFolder: string;
  /** Absent: the embedded database. */
  readonly databaseUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** Absent: any free one. */
  readonly port?: number;
  /** Multiplies the limits of the server. Absent: so far that they are never met. */
  readonly limitFactor?: number;
}

const UNLIMITED = 1_000_000;

export interface BenchServer extends Started {
  readonly address: string;
}

/** Starts the real server as a process of its own, durable and validating, with the memory setting of the deployment files. */
export const startBenchServer = async ({
  dataFolder,
  databaseUrl,
  redisUrl,
  port = 0,
  limitFactor = UNLIMITED,
}: BenchServerOptions): Promise<BenchServer> => {
  const started = await startProcess({
    file: process.execPath,
    args: [PROGRAM],
    env: {
      SOTTO_DATA: dataFolder,
      SOTTO_PORT: String(port),
      SOTTO_LIMIT_FACTOR: String(limitFactor),
      SOTTO_LOG_LEVEL: 'info',
      // As in the Dockerfile and the systemd unit.
      MALLOC_ARENA_MAX: '2',
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    },
    ready: /listening on (http:\/\/[^\s"]+)/,
  });
  return { ...started, address: started.ready[1] ?? '' };
};
