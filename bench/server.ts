import { createRequire } from 'node:module';
import { startProcess, type Started } from '@sotto/e2e/harness';

const PROGRAM = createRequire(import.meta.url).resolve('@sotto/server/main');

export interface BenchServerOptions {
  readonly dataFolder: string;
  /** Absent: the embedded database. */
  readonly databaseUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
}

export interface BenchServer extends Started {
  readonly address: string;
}

/** Starts the real server as a process of its own, durable and validating, with its rate limits raised. */
export const startBenchServer = async ({
  dataFolder,
  databaseUrl,
  redisUrl,
}: BenchServerOptions): Promise<BenchServer> => {
  const started = await startProcess({
    file: process.execPath,
    args: [PROGRAM],
    env: {
      SOTTO_DATA: dataFolder,
      SOTTO_PORT: '0',
      SOTTO_LIMIT_FACTOR: '1000000',
      SOTTO_LOG_LEVEL: 'info',
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    },
    ready: /listening on (http:\/\/[^\s"]+)/,
  });
  return { ...started, address: started.ready[1] ?? '' };
};
