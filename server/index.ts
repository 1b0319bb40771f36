import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { DestinationStream } from 'pino';
import { compose, type Composition, type Ground } from './compose.js';
import { ConfigurationError, readConfig, type ServerConfig, type Settings } from './config/config.js';
import type { Clock } from './domain/clock.js';
import { systemClock } from './domain/system-clock.js';
import { createLog, type Log } from './log.js';
import { meteredLog } from './metrics/metered-log.js';
import { PrometheusMeter } from './metrics/prometheus-meter.js';
import type { ErrorReports } from './reporting/error-reports.js';
import { reportedLog } from './reporting/reported-log.js';
import { openStorage } from './storage/open-storage.js';
import type { Storage } from './storage/storage.js';
import { VERSION } from './version.js';

export { ConfigurationError, type Settings } from './config/config.js';
export type { Clock } from './domain/clock.js';
export { UnusableDatabaseError } from './storage/unusable-database-error.js';

export interface StartOptions {
  /** Settings by their names in the environment; what is not set has its default. */
  readonly settings: Settings;
  /** The system's, if absent. */
  readonly clock?: Clock;
  /** Standard output, if absent. */
  readonly logTo?: DestinationStream;
}

/** A server that answers. */
export interface RunningServer {
  /** `http://127.0.0.1:8787` */
  readonly address: string;
  /** Finishes what is under way, tells every socket to move, and closes. May be called again. */
  stop(): Promise<void>;
}

const listen = async ({ httpServer }: Composition, { host, port }: ServerConfig): Promise<string> => {
  httpServer.listen(port, host);
  try {
    await once(httpServer, 'listening');
  } catch (error) {
    throw new ConfigurationError(
      `The server cannot listen on ${host}, port ${port}: another program has it, or it is not an address of this machine. ` +
        'Set SOTTO_PORT or SOTTO_HOST to something else.',
      { cause: error },
    );
  }
  const bound = httpServer.address();
  if (bound === null || typeof bound === 'string') throw new Error('The server is not bound to a port.');
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
};

const IDLE_SWEEP_MS = 20;
const REQUESTS_END_WITHIN_MS = 10_000;

/** Takes no more connections, lets requests under way end, and closes each connection as it falls idle. */
const closeHttp = async (server: Server): Promise<void> => {
  const closed = once(server, 'close');
  server.close();
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const deadline = setTimeout(() => server.closeAllConnections(), REQUESTS_END_WITHIN_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
};

const stopParts = async (parts: Composition, log: Log): Promise<void> => {
  log.info('server.stopping');
  parts.readiness.beginStopping();
  await parts.jobs.stop();
  await parts.disabledWatch.stop();
  parts.linkWaits.stop();
  const closed = closeHttp(parts.httpServer);
  await parts.gateway.stop();
  await parts.mailbox.drained();
  await closed;
  await parts.close();
  log.info('server.stopped');
};

const composeOver = async (storage: Storage, ground: Omit<Ground, 'storage'>): Promise<Composition> => {
  try {
    return await compose({ ...ground, storage });
  } catch (error) {
    await storage.close();
    throw error;
  }
};

/** Loaded only where the host wants it. */
const reportsOf = async ({ errorReportsTo }: ServerConfig): Promise<ErrorReports | undefined> => {
  if (errorReportsTo === undefined) return undefined;
  const { openErrorReports } = await import('./reporting/error-reports.js');
  return openErrorReports({ dsn: errorReportsTo, version: VERSION, clock: () => performance.now() });
};

/**
 * Starts a server. Throws `ConfigurationError` or `UnusableDatabaseError`, with words for the operator, if it must not run like
 * this.
 */
export const startServer = async (options: StartOptions): Promise<RunningServer> => {
  const config = readConfig(options.settings);
  const meter = new PrometheusMeter(VERSION);
  const written = meteredLog(createLog(config.logLevel, options.logTo), meter);
  const reports = await reportsOf(config);
  const log = reports === undefined ? written : reportedLog(written, reports);
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 });
  const storage = await openStorage(config.databaseUrl);
  const parts = await composeOver(storage, { config, log, meter, clock: options.clock ?? systemClock });
  let address: string;
  try {
    address = await listen(parts, config);
  } catch (error) {
    await parts.gateway.stop();
    await parts.close();
    throw error;
  }
  parts.jobs.start();
  parts.disabledWatch.start();
  // Other programs wait for exactly this line.
  log.announce(`sotto-server listening on ${address}`, { version: VERSION });
  let stopped: Promise<void> | undefined;
  return { address, stop: () => (stopped ??= stopParts(parts, log).finally(() => reports?.close())) };
};
