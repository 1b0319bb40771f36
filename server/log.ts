import { pino, type DestinationStream } from 'pino';
import type { LogLevel } from './config/config.js';

/**
 * Everything that a log line may carry. There is no field for a name, an account, a device, a token or a body, and the writer
 * drops what is not listed here, whatever the types were persuaded to let through.
 */
export interface LogFields {
  readonly requestId?: string;
  readonly route?: string;
  readonly method?: string;
  readonly status?: number;
  readonly code?: string;
  readonly durationMs?: number;
  readonly count?: number;
  readonly bytes?: number;
  readonly reason?: string;
  readonly version?: string;
  readonly error?: unknown;
}

/** Where the server tells its operator what happens. */
export interface Log {
  /** Named points of the program's path; crash tests kill the process at them. */
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** Written at every level: what other programs wait for. */
  announce(event: string, fields?: LogFields): void;
}

const PLAIN_FIELDS = [
  'requestId',
  'route',
  'method',
  'status',
  'code',
  'durationMs',
  'count',
  'bytes',
  'reason',
  'version',
] as const satisfies readonly Exclude<keyof LogFields, 'error'>[];

/** What may be told of an error. */
export interface ErrorLine {
  readonly name: string;
  readonly code?: string;
  readonly frames: readonly string[];
  readonly cause?: ErrorLine;
}

const CAUSES_MOST = 4;
const FRAMES_MOST = 12;

/**
 * Name, code and frames. Never the message: drivers, parsers and Node itself repeat in it the value that they stumbled over.
 */
export const describeError = (error: unknown, depth = 0): ErrorLine => {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, FRAMES_MOST)
    .map((line) => line.trim());
  return {
    name: error.name,
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    frames,
    ...(error.cause === undefined || depth >= CAUSES_MOST ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
};

const allowed = (fields: LogFields): object => {
  const line: Record<string, unknown> = {};
  for (const name of PLAIN_FIELDS) if (fields[name] !== undefined) line[name] = fields[name];
  if (fields.error !== undefined) line['error'] = describeError(fields.error);
  return line;
};

/** A log of one JSON object a line, to `destination` or to standard output, written before the call returns. */
export const createLog = (level: LogLevel, destination?: DestinationStream): Log => {
  const options = { base: null, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime };
  const target = destination ?? pino.destination({ fd: 1, sync: true });
  const lines = pino({ ...options, level }, target);
  const announcements = pino({ ...options, level: 'info' }, target);
  // Looked up once: debug points stand on the path of every message.
  const debugging = lines.isLevelEnabled('debug');
  return {
    debug: (event, fields = {}) => {
      if (debugging) lines.debug(allowed(fields), event);
    },
    info: (event, fields = {}) => lines.info(allowed(fields), event),
    warn: (event, fields = {}) => lines.warn(allowed(fields), event),
    error: (event, fields = {}) => lines.error(allowed(fields), event),
    announce: (event, fields = {}) => announcements.info(allowed(fields), event),
  };
};
