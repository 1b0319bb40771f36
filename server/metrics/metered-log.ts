import type { Log } from '../log.js';
import type { Meter } from './meter.js';

/** A log whose warnings and errors are counted, so that an alarm can be set on them. */
export const meteredLog = (log: Log, meter: Meter): Log => ({
  ...log,
  warn: (event, fields) => {
    meter.count('sotto_log_lines_total', 1, 'warn');
    log.warn(event, fields);
  },
  error: (event, fields) => {
    meter.count('sotto_log_lines_total', 1, 'error');
    log.error(event, fields);
  },
});
