import { createStackParser, createTransport, Scope, type ErrorEvent, type Exception } from '@sentry/core';
import { nodeStackLineParser, ServerRuntimeClient } from '@sentry/core/server';
import { describeError, type ErrorLine, type LogFields } from '../log.js';

/** Sends what went wrong to a collector that the host has chosen. Never throws: a lost report harms nobody. */
export interface ErrorReports {
  report(event: string, fields: LogFields): void;
  /** What is under way leaves, or is given up after a moment. */
  close(): Promise<void>;
}

const SEND_TIMEOUT_MS = 5_000;
const CLOSE_WITHIN_MS = 2_000;
/** A fault that comes with every message must not become a flood of reports. */
const REPORTS_A_MINUTE = 30;
const MINUTE_MS = 60_000;
/** Fields of a log line that say where it was, not who. */
const TAGS = ['code', 'route', 'method', 'reason', 'requestId'] as const satisfies readonly (keyof LogFields)[];

/** Fields of an event that may leave. */
const LEAVING = new Set(['event_id', 'timestamp', 'message', 'level', 'platform', 'release', 'tags', 'exception']);

const parseStack = createStackParser(nodeStackLineParser());

/** An error and what caused it; the innermost first, as the protocol wants it. Without a message: messages repeat values. */
const exceptionsOf = (line: ErrorLine): Exception[] => [
  ...(line.cause === undefined ? [] : exceptionsOf(line.cause)),
  {
    type: line.name,
    ...(line.code === undefined ? {} : { value: line.code }),
    stacktrace: { frames: parseStack(line.frames.map((frame) => `    ${frame}`).join('\n')) },
  },
];

/** All that leaves: the event's name, the tags, names and places of errors. No machine, no address, no account, no crumbs. */
const eventOf = (event: string, fields: LogFields, release: string): ErrorEvent => ({
  type: undefined,
  message: event,
  level: 'error',
  platform: 'node',
  release,
  tags: Object.fromEntries(TAGS.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]] as const]))),
  ...(fields.error === undefined ? {} : { exception: { values: exceptionsOf(describeError(fields.error)) } }),
});

export interface ErrorReportsOptions {
  /** Where to: `https://key@host/project`. */
  readonly dsn: string;
  readonly version: string;
  readonly clock: () => number;
}

/** Reports in the protocol of Sentry, which GlitchTip and others take as well. */
export const openErrorReports = ({ dsn, version, clock }: ErrorReportsOptions): ErrorReports => {
  const release = `sotto-server@${version}`;
  const client = new ServerRuntimeClient({
    dsn,
    integrations: [],
    stackParser: parseStack,
    sendClientReports: false,
    transport: (options) =>
      createTransport(options, async ({ body }) => {
        const response = await fetch(options.url, {
          method: 'POST',
          headers: { ...options.headers, 'content-type': 'application/x-sentry-envelope' },
          body: typeof body === 'string' ? body : new Uint8Array(body),
          redirect: 'error',
          signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
        });
        await response.body?.cancel();
        return {
          statusCode: response.status,
          headers: {
            'x-sentry-rate-limits': response.headers.get('x-sentry-rate-limits'),
            'retry-after': response.headers.get('retry-after'),
          },
        };
      }),
    // The client adds what it believes to help; only what was made here leaves.
    beforeSend: (event) =>
      Object.fromEntries(Object.entries(event).filter(([field]) => LEAVING.has(field))) as ErrorEvent,
  });
  client.init();
  let minute = { startedAt: clock(), reports: 0 };
  return {
    report: (event, fields) => {
      const now = clock();
      if (now - minute.startedAt >= MINUTE_MS) minute = { startedAt: now, reports: 0 };
      minute.reports += 1;
      if (minute.reports <= REPORTS_A_MINUTE) client.captureEvent(eventOf(event, fields, release), {}, new Scope());
    },
    close: async () => {
      await client.close(CLOSE_WITHIN_MS);
    },
  };
};
