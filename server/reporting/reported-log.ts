import type { Log } from '../log.js';
import type { ErrorReports } from './error-reports.js';

/** A log whose errors are reported as well. */
export const reportedLog = (log: Log, reports: ErrorReports): Log => ({
  ...log,
  error: (event, fields = {}) => {
    log.error(event, fields);
    reports.report(event, fields);
  },
});
