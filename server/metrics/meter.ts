/**
 * Everything that the server counts, by its name in Prometheus. Labels are names out of the program (routes, limits, jobs, codes),
 * never anything that came from outside: a metric tells the operator how the server does, not who does what.
 */
export const COUNTERS = {
  sotto_http_requests_total: { help: 'REST calls answered', label: 'route' },
  sotto_http_refusals_total: { help: 'REST calls refused', label: 'code' },
  sotto_socket_refusals_total: { help: 'Frames and connections refused', label: 'code' },
  sotto_limited_total: { help: 'Requests refused by a limit', label: 'limit' },
  sotto_envelopes_accepted_total: { help: 'Envelopes committed to mailboxes' },
  sotto_envelopes_acknowledged_total: { help: 'Envelopes deleted because their device has stored them' },
  sotto_envelopes_expired_total: { help: 'Envelopes deleted undelivered' },
  sotto_mail_sent_total: { help: 'Messages given to the mail server', label: 'outcome' },
  sotto_job_runs_total: { help: 'Jobs done by this process', label: 'job' },
  sotto_job_failures_total: { help: 'Jobs that failed in this process', label: 'job' },
  sotto_log_lines_total: { help: 'Warnings and errors in the log', label: 'level' },
} as const satisfies Record<string, Metric>;

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export const HISTOGRAMS = {
  sotto_http_request_seconds: { help: 'Time to answer a REST call', label: 'route', buckets: SECONDS },
  sotto_commit_seconds: { help: 'Time of one commit of sends', buckets: SECONDS },
  sotto_commit_sends: { help: 'Sends in one commit', buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256] },
  sotto_job_seconds: { help: 'Time of one job', label: 'job', buckets: [0.01, 0.1, 1, 10, 60] },
} as const satisfies Record<string, Metric & { readonly buckets: readonly number[] }>;

export const GAUGES = {
  sotto_sockets: { help: 'Open WebSockets', label: 'kind' },
  sotto_accounts: { help: 'Accounts, as the process that counts them last saw them' },
  sotto_devices: { help: 'Listed devices' },
  sotto_envelopes_waiting: { help: 'Envelopes waiting in mailboxes' },
} as const satisfies Record<string, Metric>;

interface Metric {
  readonly help: string;
  readonly label?: string;
}

export type CounterName = keyof typeof COUNTERS;
export type HistogramName = keyof typeof HISTOGRAMS;
export type GaugeName = keyof typeof GAUGES;

/** Where the parts of the server note how much they do. `label` where the metric has one. */
export interface Meter {
  count(name: CounterName, amount?: number, label?: string): void;
  observe(name: HistogramName, value: number, label?: string): void;
  set(name: GaugeName, value: number, label?: string): void;
}
