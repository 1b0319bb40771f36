import cluster, { type Worker } from 'node:cluster';
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import { AggregatorRegistry } from 'prom-client';
import { loadEnvFile } from './config/env-file.js';
import { ConfigurationError, readConfig } from './config/config.js';
import { systemClock } from './domain/system-clock.js';
import { createLog, type Log } from './log.js';

const WORKERS_MOST = 64;
const RESTART_FIRST_MS = 500;
const RESTART_MOST_MS = 30_000;
/** A worker that has lived so long did not fail because of how it was started. */
const SOUND_MS = 60_000;
/** What hashing passwords borrows from the system goes back to it, as in the Dockerfile; glibc reads this when a process starts. */
const WORKER_ENVIRONMENT = { MALLOC_ARENA_MAX: process.env['MALLOC_ARENA_MAX'] ?? '2' };

/** `npm run start:cluster`: as many workers as there are cores, all of them behind one port, each of them replaced when it ends. */
class Cluster {
  readonly #log: Log;
  readonly #startedAt = new Map<Worker, number>();
  #restartMs = RESTART_FIRST_MS;
  #isStopping = false;

  constructor(log: Log) {
    this.#log = log;
  }

  start(workers: number): void {
    cluster.on('exit', (worker, code) => this.#ended(worker, code));
    for (let index = 0; index < workers; index += 1) this.#fork();
    process.on('SIGHUP', () => void this.#rollOver());
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => this.#stop());
  }

  #fork(): Worker {
    const worker = cluster.fork(WORKER_ENVIRONMENT);
    this.#startedAt.set(worker, performance.now());
    return worker;
  }

  #ended(worker: Worker, code: number | null): void {
    const livedMs = performance.now() - (this.#startedAt.get(worker) ?? 0);
    this.#startedAt.delete(worker);
    if (this.#isStopping || worker.exitedAfterDisconnect) {
      if (this.#isStopping && this.#startedAt.size === 0) process.exit(0);
      return;
    }
    this.#restartMs = livedMs > SOUND_MS ? RESTART_FIRST_MS : Math.min(this.#restartMs * 2, RESTART_MOST_MS);
    this.#log.error('cluster.workerEnded', { status: code ?? -1, durationMs: Math.round(livedMs) });
    setTimeout(() => {
      if (!this.#isStopping) this.#fork();
    }, this.#restartMs);
  }

  /** New workers in the place of the present ones, one after the other: an update that nobody notices. */
  async #rollOver(): Promise<void> {
    for (const old of [...this.#startedAt.keys()]) {
      if (this.#isStopping) return;
      const young = this.#fork();
      const listens = await new Promise<boolean>((resolve) => {
        young.once('listening', () => resolve(true));
        young.once('exit', () => resolve(false));
      });
      // The old ones stay where the new ones do not come up.
      if (!listens) return;
      old.exitedAfterDisconnect = true;
      old.process.kill('SIGTERM');
    }
    this.#log.info('cluster.rolledOver');
  }

  #stop(): void {
    this.#isStopping = true;
    for (const worker of this.#startedAt.keys()) worker.process.kill('SIGTERM');
    if (this.#startedAt.size === 0) process.exit(0);
  }
}

/** The metrics of all workers together, on this machine alone: `/metrics` of the shared port is that of any one of them. */
const serveMetrics = (port: number, log: Log): void => {
  const registry = new AggregatorRegistry();
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.clusterMetrics().then(
      (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
      (error: unknown) => {
        log.warn('cluster.metricsFailed', { error });
        response.writeHead(503).end();
      },
    );
  });
  server.on('error', (error) => log.error('cluster.metricsPortTaken', { error }));
  server.listen(port, '127.0.0.1');
};

const runPrimary = (): void => {
  const config = readConfig(process.env);
  if (!config.databaseUrl.startsWith('mysql:') || config.redisUrl === undefined)
    throw new ConfigurationError(
      'Several workers need a database that several can serve from, and Redis to hear of each other: set DATABASE_URL=mysql://… and REDIS_URL=redis://….',
    );
  const workers = Number(process.env['SOTTO_WORKERS'] ?? availableParallelism());
  if (!Number.isInteger(workers) || workers < 1 || workers > WORKERS_MOST)
    throw new ConfigurationError(`SOTTO_WORKERS must be a number of workers from 1 to ${WORKERS_MOST}.`);
  const log = createLog(config.logLevel);
  new Cluster(log).start(workers);
  serveMetrics(config.clusterMetricsPort, log);
  log.announce(`sotto-server cluster of ${workers} since ${new Date(systemClock()).toISOString()}`);
};

loadEnvFile();
if (cluster.isPrimary) {
  try {
    runPrimary();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`sotto-server cannot start: ${error.message}\n`);
    process.exit(1);
  }
} else await import('./main.js');
