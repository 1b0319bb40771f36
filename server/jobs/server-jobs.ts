import type { Expiring } from '../domain/expiring.js';
import type { Meter } from '../metrics/meter.js';
import type { StatisticsRepository } from '../storage/statistics-repository.js';
import type { Job } from './jobs.js';

const MINUTE_MS = 60_000;

/** Clears away what has expired. */
export const expiryJob = (name: string, expiring: Expiring): Job => ({
  name,
  everyMs: MINUTE_MS,
  run: () => expiring.deleteExpired(),
});

/** Counts what there is, for the metrics of the process that does it. */
export const statisticsJob = (statistics: StatisticsRepository, meter: Meter): Job => ({
  name: 'statistics',
  everyMs: 5 * MINUTE_MS,
  run: async () => {
    const { accounts, devices, envelopesWaiting } = await statistics.count();
    meter.set('sotto_accounts', accounts);
    meter.set('sotto_devices', devices);
    meter.set('sotto_envelopes_waiting', envelopesWaiting);
  },
});
