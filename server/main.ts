import { loadEnvFile } from './config/env-file.js';
import { ConfigurationError, startServer, UnusableDatabaseError, type RunningServer } from './index.js';

/** What the operator has to change is said in words; anything else is a bug and keeps its stack. */
const explain = (error: unknown): string => {
  if (error instanceof ConfigurationError || error instanceof UnusableDatabaseError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

const fail = (error: unknown): never => {
  process.stderr.write(`sotto-server cannot start or stop: ${explain(error)}\n`);
  process.exit(1);
};

const stopOnSignals = (server: RunningServer): void => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.stop().then(() => process.exit(0), fail);
    });
  }
};

loadEnvFile();
startServer({ settings: process.env }).then(stopOnSignals, fail);
